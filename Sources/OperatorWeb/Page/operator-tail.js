import { element, byId, fill } from "./dom.js";
import { listen } from "./operator-api.js";
import { empty, facts, shown, table } from "./operator-parts.js";
import { clock, language, say, why } from "./operator-words.js";

/** What happens right now, as server-sent events. */

const KEPT = 300;
let stop = null;
let lines = [];
let left = 0;
let trouble = "";
let isDue = false;

export function start() {
  byId("tail-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (stop) leave();
    else follow();
  });
}

export function enter() {
  draw();
}

export function leave() {
  stop?.abort();
  stop = null;
  draw();
}

export const update = () => {};
export const redraw = () => draw();

async function follow() {
  const ended = new AbortController();
  stop = ended;
  [lines, left, trouble] = [[], 0, ""];
  draw();
  const query = {
    product: byId("tail-product").value.trim(), user: byId("tail-user").value.trim(), type: byId("tail-type").value.trim(),
    show: byId("tail-show").checked ? "true" : "",
  };
  while (stop === ended) {
    try {
      await listen("tail", query, ended.signal, take);
    } catch (error) {
      if (stop !== ended) return;
      trouble = why(error);
      if (error.status && error.status < 500) stop = null;
      draw();
      if (stop) await new Promise((done) => setTimeout(done, 2000 + Math.random() * 1000));
    }
  }
}

function take(event, data) {
  if (event === "live") trouble = "";
  if (event === "line") lines.unshift(data);
  if (event === "left") left += data.count;
  if (event === "trouble") trouble = why({ code: "redis", message: data.detail });
  lines.length = Math.min(lines.length, KEPT);
  // Some lines at once are drawn once.
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    draw();
  }, 150);
}

function draw() {
  byId("tail-go").textContent = say(stop ? "stop" : "start");
  byId("tail-go").classList.toggle("main", !stop);
  for (const id of ["tail-product", "tail-user", "tail-type", "tail-show"]) byId(id).disabled = Boolean(stop);
  fill(byId("tail-body"),
    trouble && element("div.message.bad", { role: "alert" }, element("p", {}, trouble)),
    left > 0 && element("div.message.wait", {}, element("p", {}, say("omitted", language.number(left)))),
    lines.length ? rows() : empty(say(stop ? "listening" : "tailStopped")));
}

function rows() {
  return table(say("tailTitle"), [
    { name: say("time") }, { name: say("shard"), kind: "number" }, { name: say("worker") }, { name: say("type"), heads: true },
    { name: say("product") }, { name: say("details"), kind: "wrap" },
  ], lines.map((line) => [
    clock(line.time), String(line.shard), line.worker, shown(line.type),
    element("a", { href: `#deals?product=${line.product}` }, line.product), facts(line.facts),
  ]));
}
