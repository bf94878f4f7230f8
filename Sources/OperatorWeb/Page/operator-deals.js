import { element, byId, fill } from "./dom.js";
import { get } from "./operator-api.js";
import { button, empty, facts, failure, loading, shown, table, toast } from "./operator-parts.js";
import { clock, language, say, why } from "./operator-words.js";

/** The story of one deal, or the deals of one user. */

const KINDS = ["reserve", "trade", "product", "user"];
let asked = null;
let answer = null;
let error = null;

export function start() {
  byId("deals-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const query = new URLSearchParams({ [byId("deals-kind").value]: byId("deals-id").value.trim() });
    const hash = `#deals?${query}`;
    if (location.hash === hash) read();
    else location.hash = hash;
  });
}

export function enter(parameters) {
  const kind = KINDS.find((name) => parameters.get(name));
  if (!kind) {
    byId("deals-id").focus({ preventScroll: true });
    return;
  }
  asked = { kind, id: parameters.get(kind) };
  byId("deals-kind").value = kind;
  byId("deals-id").value = asked.id;
  read();
}

export const leave = () => {};
export const update = () => {};

async function read(show = "") {
  if (!show) {
    answer = null;
    fill(byId("deals-body"), loading());
  }
  const { kind, id } = asked;
  try {
    answer = kind === "user" ? await get("deals.json", { user: id }) : await get("timeline.json", { [kind]: id, show });
    error = null;
  } catch (failed) {
    if (show) return toast(why(failed));
    error = failed;
  }
  draw();
}

export function redraw() {
  if (answer || error) draw();
}

function draw() {
  const body = byId("deals-body");
  if (error) return fill(body, error.code === "notFound" ? empty(say("notFound")) : failure(error, () => read()));
  fill(body, asked.kind === "user" ? list() : story());
}

function list() {
  if (!answer.deals.length) return empty(say("noDeals"));
  const caption = answer.count > answer.deals.length
    ? `${say("dealsOf", asked.id)} · ${say("newestDeals", answer.deals.length, language.number(answer.count))}` : say("dealsOf", asked.id);
  return table(caption, [
    { name: say("reserve"), heads: true }, { name: say("state") }, { name: say("role") }, { name: say("goods"), kind: "wrap" },
    { name: say("product") }, { name: say("trade") }, { name: say("begun") },
  ], answer.deals.map((deal) => [
    lead("reserve", deal.reserveid), deal.status ?? "–", say(deal.role), shown(deal.productname), lead("product", deal.productid),
    deal.tradeid ? lead("trade", deal.tradeid) : "–", clock(deal.begun),
  ]));
}

const lead = (kind, id) => element("a", { href: `#deals?${kind}=${id}` }, String(id));

function story() {
  if (!answer.moments.length) return empty(say("nothingHappened"));
  let last = null;
  const caption = `${say("timelineOf", say(answer.subject), answer.id)}${answer.left ? ` · ${say("leftOut", language.number(answer.left))}` : ""}`;
  const rows = answer.moments.map((moment) => {
    const now = Number(moment.entry.split("-")[0]);
    const since = last === null ? "" : span(now - last);
    last = now;
    const isNotice = moment.kind === "notice";
    const row = [clock(moment.time), since, shown(moment.by), isNotice ? say("notice") : moment.type, facts(moment.facts), isNotice ? "" : moment.entry];
    row.kind = moment.kind;
    return row;
  });
  return [
    table(caption, [
      { name: say("time") }, { name: say("since"), kind: "number" }, { name: say("by") }, { name: say("happened"), heads: true },
      { name: say("details"), kind: "wrap" }, { name: say("entry") },
    ], rows, (row) => row.kind),
    element("div.row", {}, answer.subject !== "product" && element("a.button", { href: `#deals?product=${answer.product}` }, `${say("product")} ${answer.product}`),
      !answer.shown && button(say("showPersonal"), () => read("true"))),
    !answer.shown && element("p.quiet.small", {}, say("hiddenNote")),
  ];
}

function span(milliseconds) {
  if (milliseconds < 1000) return `+${milliseconds} ms`;
  if (milliseconds < 120_000) return `+${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds < 7_200_000 ? `+${Math.round(milliseconds / 60_000)} min` : `+${Math.round(milliseconds / 3_600_000)} h`;
}
