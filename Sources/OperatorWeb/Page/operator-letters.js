import { element, byId, fill } from "./dom.js";
import { get, post } from "./operator-api.js";
import { ask, badge, button, empty, failure, link, loading, shown, table, toast } from "./operator-parts.js";
import { clock, language, say, why } from "./operator-words.js";

/** What no worker could handle: found, understood, corrected, sent again or dropped. */

const SIZE = 50;
const MOST = 1000;

let session = { actions: false };
let filter = { worker: "", reason: "" };
let page = null;
let error = null;
let before = "";
let known = -1;
const chosen = new Set();

export function setSession(value) {
  session = value;
  if (page) draw();
}

export function enter(parameters) {
  filter = { worker: parameters.get("worker") ?? "", reason: parameters.get("reason") ?? "" };
  before = parameters.get("before") ?? "";
  chosen.clear();
  read();
}

export const leave = () => {};

/** Reads the letters again if their number has changed. */
export function update({ status }) {
  const count = status?.workers.reduce((sum, { deadLetters }) => sum + deadLetters, 0) ?? known;
  if (count !== known && page) read();
  known = count;
}

async function read() {
  if (!page) fill(byId("letters-body"), loading());
  try {
    page = await get("letters.json", { ...filter, before, size: SIZE });
    error = null;
    const shownIds = new Set(page.letters.map(({ id }) => id));
    for (const id of [...chosen]) if (!shownIds.has(id)) chosen.delete(id);
  } catch (failed) {
    error = failed;
  }
  draw();
}

export function redraw() {
  if (page || error) draw();
}

const address = (more) => {
  const query = new URLSearchParams(Object.entries({ ...filter, before, ...more }).filter(([, value]) => value));
  return `#letters${query.size ? `?${query}` : ""}`;
};

function draw() {
  const body = byId("letters-body");
  if (error) return fill(body, failure(error, read));
  const all = page.groups.reduce((sum, { count }) => sum + count, 0);
  if (!all) return fill(body, empty(say("noLetters")));
  fill(body, groups(all), list(), session.actions ? null : element("p.quiet.small", {}, say("readOnly")));
  choices();
}

function groups(all) {
  const item = (word, count, to) => {
    const isCurrent = to.worker === filter.worker && to.reason === filter.reason;
    return element("a.button", { href: address({ ...to, before: "" }), "aria-current": isCurrent ? "true" : null, class: isCurrent ? "button main" : null },
      word, " ", element("span.number", {}, language.number(count)));
  };
  return element("nav.groups", { "aria-label": say("filter") }, item(say("all"), all, { worker: "", reason: "" }),
    page.groups.map(({ worker, reason, count }) => item(`${worker} · ${reason}`, count, { worker, reason })));
}

function list() {
  const everything = element("input", {
    type: "checkbox", id: "choose-all", "aria-label": say("chooseAll"),
    onchange: (event) => {
      for (const { id } of page.letters) event.target.checked ? chosen.add(id) : chosen.delete(id);
      for (const box of document.querySelectorAll("[data-letter]")) box.checked = event.target.checked;
      choices();
    },
  });
  const caption = `${say("letters")} · ${say("listed", page.letters.length, language.number(page.count))}`;
  const node = table(caption, [
    { name: everything, kind: "pickcell" }, { name: say("time"), heads: true }, { name: say("message"), kind: "wrap" },
    { name: say("worker") }, { name: say("type") }, { name: say("id") },
  ], page.letters.map((letter) => [
    element("input", {
      type: "checkbox", checked: chosen.has(letter.id), "aria-label": say("choose", letter.id), data: { letter: letter.id },
      onchange: (event) => {
        event.target.checked ? chosen.add(letter.id) : chosen.delete(letter.id);
        choices();
      },
    }),
    link(clock(letter.time), () => open(letter.id), { "aria-label": say("letter", letter.id) }),
    [badge("bad", letter.reason), shown(letter.message)], shown(letter.worker), shown(letter.type || "–"),
    element("span.quiet.small.mono", {}, letter.id),
  ]));
  node.append(element("div.actions", { id: "letter-actions" }));
  return node;
}

/** Shows what can be done with those that are chosen. */
function choices() {
  const bar = byId("letter-actions");
  if (!bar) return;
  byId("choose-all").checked = page.letters.length > 0 && page.letters.every(({ id }) => chosen.has(id));
  const ids = [...chosen];
  const pages = [
    before && element("a.button.plain", { href: address({ before: "" }) }, say("newest")),
    page.older > 0 && element("a.button.plain", { href: address({ before: page.letters.at(-1).id }) }, say("older")),
  ];
  if (!ids.length) {
    const wanted = page.count > page.letters.length ? Math.min(page.count, MOST) : 0;
    fill(bar, element("span.grow.quiet", {}, say("chosen", 0)),
      wanted > 0 && button(say("allOf", language.number(wanted)), chooseAll, "plain"), pages);
    return;
  }
  fill(bar, element("span.grow", {}, say("chosen", language.number(ids.length))), button(say("rehearse"), () => rehearse(ids, {})),
    session.actions && [button(say("replay"), () => rehearse(ids, {}, true)), button(say("drop"), () => drop(ids), "danger")], pages);
}

/** Chooses all that match, also those that are not shown. */
async function chooseAll() {
  try {
    const all = await get("letters.json", { ...filter, size: MOST });
    for (const { id } of all.letters) chosen.add(id);
    for (const box of document.querySelectorAll("[data-letter]")) box.checked = true;
    choices();
  } catch (failed) {
    toast(why(failed));
  }
}

// One letter

async function open(id) {
  let letter;
  try {
    letter = await get(`letters/${id}`);
  } catch (failed) {
    toast(failed.code === "notFound" ? say("gone") : why(failed));
    return read();
  }
  const edits = {};
  ask(say("letter", id), (body, foot, close) => {
    const paint = () => {
      fill(body, note(letter), about(letter), fields(letter, edits, () => paintFoot()));
      paintFoot();
    };
    const paintFoot = () => fill(foot,
      !letter.shown && button(say("showPersonal"), async () => {
        try {
          letter = await get(`letters/${id}`, { show: true });
          paint();
        } catch (failed) {
          toast(why(failed));
        }
      }),
      button(say("rehearse"), () => rehearse([id], { ...edits })),
      session.actions && [
        button(say("drop"), () => drop([id]), "danger"),
        button(say("replay"), () => rehearse([id], { ...edits }, true), "main"),
      ]);
    paint();
  });
}

function note(letter) {
  return [
    element("div.message.bad", {}, element("p", {}, element("strong", {}, letter.reason), letter.field && ` · ${letter.field}`, element("br"), shown(letter.message))),
    letter.cut && element("div.message.wait", {}, element("p", {}, say("cut", letter.cut))),
    letter.event && element("p.quiet", {}, say("isEvent")),
    !letter.shown && element("p.quiet.small", {}, say("hiddenNote")),
  ];
}

function about(letter) {
  const facts = [["worker", letter.worker], ["time", clock(letter.time)], ["stream", letter.stream], ["entry", letter.entry]];
  return element("dl.plain", {}, facts.map(([name, value]) => [element("dt", {}, say(name)), element("dd.mono", {}, shown(value))]));
}

function fields(letter, edits, onEdit) {
  const canEdit = !letter.event && !letter.cut;
  const names = new Set();
  const rows = letter.fields.map(([name, value]) => {
    const isHidden = value === "•••" && !letter.shown;
    const isFirst = !names.has(name);
    names.add(name);
    if (!canEdit || !isFirst || name === "•••") return [shown(name), shown(value)];
    const input = element("input", {
      value: name in edits ? edits[name] : isHidden ? "" : value, placeholder: isHidden ? "•••" : null, "aria-label": name,
      class: name in edits ? "changed" : null,
      oninput: (event) => {
        const text = event.target.value;
        if (isHidden ? text === "" : text === value) delete edits[name];
        else edits[name] = text;
        event.target.classList.toggle("changed", name in edits);
        onEdit();
      },
    });
    return [shown(name), input];
  });
  if (canEdit && letter.field && /^\w+$/.test(letter.field) && !names.has(letter.field)) {
    // What is missing can be added.
    rows.push([letter.field, element("input", {
      value: edits[letter.field] ?? "", "aria-label": letter.field,
      oninput: (event) => {
        if (event.target.value === "") delete edits[letter.field];
        else edits[letter.field] = event.target.value;
        event.target.classList.toggle("changed", letter.field in edits);
        onEdit();
      },
    })]);
  }
  const made = table(say("fields"), [{ name: say("name"), heads: true }, { name: say("value"), kind: "wrap" }], rows);
  made.classList.remove("card");
  return made;
}

// Dry run, replay and drop

function rehearse(ids, set, isReplay = false) {
  ask(say(isReplay ? "replayTitle" : "rehearseTitle"), async (body, foot, close) => {
    fill(body, element("p.loading", {}, say("rehearsing")));
    fill(foot, button(say("cancel"), close));
    let result;
    try {
      result = await post("letters/rehearsal", { ids, set });
    } catch (failed) {
      fill(body, failure(failed));
      return;
    }
    const passing = result.items.filter(({ passes }) => passes).map(({ id }) => id);
    const failing = result.items.filter(({ passes }) => !passes);
    fill(body,
      element(`p.message.${failing.length ? "wait" : "good"}.verdict`, { role: "status" }, say("verdict", passing.length, result.items.length)),
      element("p.quiet", {}, say("rehearsalNote")),
      failing.length && table(say("whyNot"), [{ name: say("id"), heads: true }, { name: say("reason"), kind: "wrap" }],
        failing.map(({ id, why: reason }) => [id, shown(reason)])));
    fill(foot, button(say(session.actions ? "cancel" : "close"), close),
      session.actions && passing.length > 0 && button(say("replayNow", passing.length), () => send(passing, set, body, foot, close), "main"));
  });
}

async function send(ids, set, body, foot, close) {
  fill(foot, element("p.quiet", {}, say("working")));
  try {
    const { sent, refused } = await post("letters/replay", { ids, set, count: ids.length });
    toast([sent.length && say("sent", sent.length), refused.length && say("refusedToo", refused.length)].filter(Boolean).join(" "));
    if (!refused.length) close();
    else {
      fill(body, table(say("whyNot"), [{ name: say("id"), heads: true }, { name: say("reason"), kind: "wrap" }], refused.map(({ id, why: reason }) => [id, shown(reason)])));
      fill(foot, button(say("close"), close));
    }
  } catch (failed) {
    fill(body, failure(failed));
    fill(foot, button(say("close"), close));
  }
  chosen.clear();
  read();
}

function drop(ids) {
  ask(say("dropTitle"), (body, foot, close) => {
    fill(body, element("p.verdict", {}, say("dropAsk", ids.length)), element("p.quiet", {}, say("dropNote")),
      element("p.mono.small.whys", {}, ids.slice(0, 100).join(" ")));
    fill(foot, button(say("cancel"), close), button(say("dropNow", ids.length), async () => {
      fill(foot, element("p.quiet", {}, say("working")));
      try {
        const { dropped } = await post("letters/drop", { ids, count: ids.length });
        toast(say("dropped", dropped));
        close();
      } catch (failed) {
        fill(body, failure(failed));
        fill(foot, button(say("close"), close));
      }
      chosen.clear();
      read();
    }, "danger"));
  });
}
