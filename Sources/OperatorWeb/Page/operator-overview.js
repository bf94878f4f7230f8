import { element, byId, fill } from "./dom.js";
import { get } from "./operator-api.js";
import { brief, chart, histories, isBehind } from "./operator-chart.js";
import { badge, empty, failure, loading, shown, table } from "./operator-parts.js";
import { bytes, clock, language, remedy, say, sayOf } from "./operator-words.js";

/** The state of the whole system. */

const MEMORY_EVERY = 30_000;
const MANY = 30;

const rates = chart("ratesTitle");
const lags = chart("lagTitle");
const charts = element("div.pair", {}, rates.node, lags.node);
const memoryPart = element("div");
let memory = null;
let memoryError = null;
let readAt = 0;
let last = null;

export function enter() {
  if (last) update(last);
  else fill(byId("overview-body"), loading());
}

export const leave = () => {};

/** Shows what is known: `{status, error, readings}`. */
export function update(state) {
  last = state;
  const { status, readings } = state;
  if (!status) {
    fill(byId("overview-body"), state.error ? empty(say("waiting")) : loading());
    return;
  }
  const names = status.workers.map(({ worker }) => worker);
  const history = histories(readings);
  fill(byId("overview-body"),
    status.lanes.filter(({ halt }) => halt).map(halted),
    workers(status, history.rates.at(-1)?.values ?? {}), charts, busy(status), nodes(status), timers(status), memoryPart);
  const now = readings.at(-1)?.time ?? 0;
  rates.draw(names, history.rates, now);
  lags.draw(names, history.lags, now);
  if (Date.now() - readAt > MEMORY_EVERY) readMemory();
}

function halted({ lane, halt }) {
  return element("div.card.halt", {},
    element("div.head", {}, element("h3", {}, say("halted", lane)), badge("bad", say("isHalted"))),
    element("div.inside.stack.tight", {},
      element("dl", {}, element("dt", {}, say("reason")), element("dd", {}, shown(halt.reason)),
        halt.remedy && [element("dt", {}, say("remedy")), element("dd", {}, shown(remedy(halt.remedy)))]),
      element("p.quiet.small", {}, say("stillHalted"))));
}

function workers(status, rate) {
  const halts = new Set(status.lanes.filter(({ halt }) => halt).map(({ lane }) => lane.split("{")[0]));
  return table(say("workers"), [
    { name: say("worker"), heads: true }, { name: say("state") }, { name: say("replicas"), kind: "number" },
    { name: say("lanes"), kind: "number" }, { name: say("rate"), kind: "number" }, { name: say("lag"), kind: "number" },
    { name: say("letters"), kind: "number" },
  ], status.workers.map((worker) => {
    const state = halts.has(worker.worker) ? badge("bad", say("isHalted"))
      : worker.lanesHeld < worker.lanes ? badge("bad", say("isMissing"))
      : isBehind(worker.lag, rate[worker.worker]) ? badge("wait", say("isBehind")) : badge("good", say("ok"));
    const letters = worker.deadLetters ? element("a", { href: "#letters" }, language.number(worker.deadLetters)) : "0";
    return [worker.worker, state, worker.replicas === undefined ? "?" : language.number(worker.replicas),
      `${worker.lanesHeld} / ${worker.lanes}`,
      worker.worker in rate ? brief(rate[worker.worker]) : "–", language.number(worker.lag), letters];
  }));
}

function busy(status) {
  const found = status.lanes.filter(({ lag, owner }) => isBehind(lag) || !owner).sort((a, b) => b.lag - a.lag);
  if (!found.length) return null;
  const caption = found.length > MANY ? `${say("busyLanes")} · ${say("more", found.length - MANY)}` : say("busyLanes");
  return table(caption, [{ name: say("lane"), heads: true }, { name: say("lag"), kind: "number" }, { name: say("owner") }],
    found.slice(0, MANY).map(({ lane, lag, owner }) => [lane, language.number(lag), owner ? shown(owner) : badge("bad", say("nobody"))]));
}

function nodes({ nodes }) {
  if (!nodes.length) return null;
  return table(say("nodes"), [
    { name: say("node"), heads: true }, { name: say("state") }, { name: say("shards"), kind: "number" },
    { name: say("inlets"), kind: "number" }, { name: say("lag"), kind: "number" }, { name: say("replicas"), kind: "number" },
    { name: say("memory"), kind: "number" }, { name: "", kind: "wrap" },
  ], nodes.map((node) => [
    node.node, node.away ? badge("bad", say("away")) : badge("good", say("ok")), String(node.shards.length),
    String(node.inlets.length), node.away ? "?" : language.number(node.lag), String(node.replicas),
    node.away ? "?" : bytes(node.memory), node.away ? shown(node.away) : "",
  ]));
}

function timers({ clock: { timers, overdue, kinds, due } }) {
  if (!timers) return null;
  const caption = [
    say("timers", language.number(timers)), say("nextDue", clock(due)), overdue && say("overdue", language.number(overdue)),
  ].filter(Boolean).join(" · ");
  return table(caption, [{ name: say("dueKind"), heads: true }, { name: say("count"), kind: "number" }],
    Object.entries(kinds).sort().map(([kind, count]) => [sayOf("timerKinds", kind), language.number(count)]));
}

async function readMemory() {
  readAt = Date.now();
  try {
    memory = await get("memory.json");
    memoryError = null;
  } catch (error) {
    memoryError = error;
  }
  drawMemory();
}

function drawMemory() {
  if (!memory) {
    fill(memoryPart, memoryError ? failure(memoryError, readMemory) : null);
    return;
  }
  const known = memory.kinds.slice(0, 8);
  const rest = memory.kinds.slice(8).reduce((sum, { bytes }) => sum + bytes, 0);
  if (rest > 0) known.push({ kind: say("others"), bytes: rest });
  const all = memory.kinds.reduce((sum, { bytes }) => sum + bytes, 0) || 1;
  const used = memory.limit ? say("ofLimit", bytes(memory.used), bytes(memory.limit)) : say("noLimit", bytes(memory.used));
  const caption = element("span", {}, say("memory"), " ",
    element("span.quiet.small", {}, `${used}${outlook(last?.status?.capacity)} · ${say("keys", language.number(memory.keys))} · ${say("estimate")}`));
  fill(memoryPart, table(caption, [
    { name: say("kind"), heads: true }, { name: say("size"), kind: "number" }, { name: "%", kind: "number" }, { name: say("share"), kind: "amount" },
  ], known.map(({ kind, bytes: size }) => {
    const bar = element("span", { "aria-hidden": "true" });
    bar.style.inlineSize = `${(100 * size) / all}%`;
    return [shown(kind), bytes(size), String(Math.round((100 * size) / all)), element("div.amount", {}, bar)];
  })));
}

function outlook(capacity) {
  const percent = capacity?.percent === undefined ? "" : ` (${language.number(capacity.percent)} %)`;
  if (capacity?.outlook === "full") return `${percent} · ${say("fullIn", language.number(Math.floor(capacity.daysUntilFull)))}`;
  return capacity?.outlook === "steady" ? `${percent} · ${say("steady")}` : percent;
}

export function redraw() {
  if (last) update(last);
  drawMemory();
}
