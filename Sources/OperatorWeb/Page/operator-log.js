import { byId, fill } from "./dom.js";
import { get } from "./operator-api.js";
import { empty, failure, loading, shown, table } from "./operator-parts.js";
import { clock, say, sayOf } from "./operator-words.js";

/** What operators did. */

let entries = null;
let error = null;

export function enter() {
  read();
}

export const leave = () => {};
export const update = () => {};

async function read() {
  if (!entries) fill(byId("log-body"), loading());
  try {
    ({ entries } = await get("log.json"));
    error = null;
  } catch (failed) {
    error = failed;
  }
  draw();
}

export function redraw() {
  if (entries || error) draw();
}

function draw() {
  const body = byId("log-body");
  if (error) return fill(body, failure(error, read));
  if (!entries.length) return fill(body, empty(say("noLog")));
  fill(body, table(say("logTitle"), [
    { name: say("time") }, { name: say("operator"), heads: true }, { name: say("way") }, { name: say("action") },
    { name: say("subject"), kind: "wrap" }, { name: say("change"), kind: "wrap" }, { name: say("result") },
  ], entries.map((entry) => [
    clock(entry.time), shown(entry.operator), sayOf("ways", entry.way), sayOf("actions", entry.action), shown(entry.subject),
    shown(entry.change), shown(entry.result),
  ])));
}
