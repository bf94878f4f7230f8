import { element, byId, fill } from "./dom.js";
import { get, post } from "./operator-api.js";
import { badge, button, empty, failure, loading, shown, table, toast } from "./operator-parts.js";
import { clock, language, say, sayOf, why } from "./operator-words.js";

/** Whether everything that is stored agrees with everything that happened. */

const WAITS = [0, 10, 30, 60];
let state = null;
let error = null;
let timer = null;

export function start() {
  byId("audit-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      state = await post("audit.json", { wait: Number(byId("audit-wait").value) });
      error = null;
    } catch (failed) {
      return toast(why(failed));
    }
    draw();
    follow();
  });
}

export function enter() {
  read();
}

export function leave() {
  clearTimeout(timer);
}

export const update = () => {};

async function read(show = "") {
  if (!state) fill(byId("audit-body"), loading());
  try {
    state = await get("audit.json", { show });
    error = null;
  } catch (failed) {
    if (show) return toast(why(failed));
    error = failed;
  }
  draw();
  follow();
}

function follow() {
  clearTimeout(timer);
  if (state?.phase === "running" || error) timer = setTimeout(() => read(), error ? 3000 : 500);
}

export function redraw() {
  const wait = byId("audit-wait");
  const chosen = wait.value || "10";
  fill(wait, WAITS.map((seconds) => element("option", { value: seconds }, seconds ? say("seconds", seconds) : say("noWait"))));
  wait.value = chosen;
  if (state || error) draw();
}

function draw() {
  const body = byId("audit-body");
  byId("audit-go").disabled = state?.phase === "running";
  if (error) return fill(body, failure(error, () => read()));
  if (state.phase === "none") return fill(body, empty(say("neverAudited")));
  if (state.phase === "running") return fill(body, progress());
  if (state.phase === "failed") {
    return fill(body, element("div.message.bad", { role: "alert" }, element("p", {}, say("auditFailed"), " ", shown(state.error))));
  }
  fill(body, report(state.report));
}

function progress() {
  const { stage, done, all } = state.progress ?? { stage: "waiting", done: 0, all: 0 };
  // Keys are the first third of the work, about; then come the shards.
  const part = all === 0 ? 0 : done / all;
  const value = stage === "waiting" ? null : stage === "keys" ? part / 3 : 1 / 3 + (2 * part) / 3;
  const words = all ? `${sayOf("auditStage", stage)}: ${say("progressOf", language.number(done), language.number(all))}` : sayOf("auditStage", stage);
  return element("div.card", {}, element("div.inside.stack.tight", {},
    element("div.row.spread", {}, element("span", {}, words), badge("wait", say("running"))),
    element("progress", { max: 1, value, "aria-label": say("audit") })));
}

function report(found) {
  const when = say("byWhom", state.author, clock(state.ended));
  const totals = Object.entries(found.totals).filter(([name]) => name !== "nameless");
  return [
    element(`div.message.${found.clean ? "good" : "bad"}`, { role: "status" },
      element("p", {}, element("strong", {}, found.clean ? `✓ ${say("agrees")}` : `✕ ${say("differs", found.differenceCount)}`), " ",
        element("span", {}, when), found.atRest ? "" : element("span", {}, ` · ${say("notAtRest")}`))),
    !found.clean && findings(found),
    table(say("totals"), totals.map(([name]) => ({ name: sayOf("total", name), kind: "number" })), [totals.map(([, count]) => language.number(count))]),
    found.notes.length > 0 && texts(say("notes"), found.notes),
    texts(say("unchecked"), found.unchecked),
  ];
}

function findings(found) {
  const caption = found.differenceCount > found.differences.length
    ? `${say("findings")} · ${say("firstOnes", found.differences.length, language.number(found.differenceCount))}` : say("findings");
  return [
    table(caption, [
      { name: say("rule"), heads: true }, { name: say("where"), kind: "wrap" }, { name: say("message"), kind: "wrap" }, { name: say("whatToDo"), kind: "wrap" },
    ], found.differences.map(({ code, key, message }) => [code, element("code", {}, shown(key)), shown(message), sayOf("fix", code)])),
    element("div.row", {}, found.repairable > 0 && element("p", {}, say("repairable", language.number(found.repairable))),
      !found.shown && button(say("showPersonal"), () => read("true"))),
  ];
}

const texts = (title, items) => element("div.card", {}, element("h3", {}, title),
  element("div.inside", {}, element("ul.stack.tight.small.quiet", {}, items.map((text) => element("li", {}, shown(text))))));
