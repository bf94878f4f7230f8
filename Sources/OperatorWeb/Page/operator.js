import { element, byId, fill } from "./dom.js";
import { get } from "./operator-api.js";
import { SPAN, histories, isBehind } from "./operator-chart.js";
import * as audit from "./operator-audit.js";
import * as deals from "./operator-deals.js";
import * as letters from "./operator-letters.js";
import * as log from "./operator-log.js";
import * as overview from "./operator-overview.js";
import { isAsking, toast } from "./operator-parts.js";
import * as tail from "./operator-tail.js";
import { clock, language, say, why } from "./operator-words.js";

/** The operator's page: its sections, and the state that it reads again and again. */

const sections = { overview, letters, deals, tail, audit, log };
const PACES = [1, 2, 5, 10, 30, 0]; // Seconds; 0 is paused.
const PACE = "handover.operator.pace";

const state = { status: null, error: null, readings: [] };
let session = null;
let current = null;
let timer = null;
let isReading = false;
let readAt = null;
let pace = remembered();

function remembered() {
  try {
    const kept = Number(localStorage.getItem(PACE) ?? "2");
    return PACES.includes(kept) ? kept : 2;
  } catch {
    return 2; // A browser that keeps nothing.
  }
}

// Reading

/** Reads the state, unless nobody looks or something is being decided, and again after the pace. */
async function read() {
  clearTimeout(timer);
  if (isReading) return;
  if (!document.hidden && !isAsking()) {
    isReading = true;
    try {
      if (!session) {
        session = await get("session.json");
        letters.setSession(session);
        foot();
      }
      state.status = await get("status.json");
      state.error = null;
      readAt = new Date();
      const time = performance.now() / 1000;
      state.readings.push({ time, workers: state.status.workers });
      while (state.readings[0].time < time - SPAN) state.readings.shift();
    } catch (error) {
      state.error = error;
    }
    isReading = false;
    if (!isAsking()) show();
  }
  // What failed is tried again even if the page is paused: so it recovers.
  const wait = pace || (state.error || !state.status ? 5 : 0);
  if (wait) timer = setTimeout(read, wait * 1000);
}

function show() {
  summarize();
  sections[current]?.update(state);
}

function summarize() {
  const [kind, text] = summary();
  byId("summary").className = `summary ${kind}`;
  // A live region that says the same again would be read again.
  if (byId("summary-text").textContent !== text) byId("summary-text").textContent = text;
  const age = !readAt ? "" : state.error ? say("stale", clock(readAt)) : `${say("updated", clock(readAt))}${pace ? "" : ` · ${say("isPaused")}`}`;
  byId("summary-age").textContent = age;
  const dead = state.status?.workers.reduce((sum, { deadLetters }) => sum + deadLetters, 0) ?? 0;
  byId("letter-count").hidden = dead === 0;
  byId("letter-count").textContent = dead > 999 ? "999+" : dead;
}

function summary() {
  const { status, error } = state;
  if (error) return ["bad", `✕ ${why(error)}`];
  if (!status) return ["", say("waiting")];
  const sum = (count) => status.workers.reduce((total, worker) => total + count(worker), 0);
  const halts = status.lanes.filter(({ halt }) => halt).length;
  const unheld = sum(({ lanes, lanesHeld }) => lanes - lanesHeld);
  const away = status.nodes.filter(({ away }) => away).length;
  const rates = histories(state.readings.slice(-2)).rates.at(-1)?.values ?? {};
  const lag = sum(({ worker, lag }) => (isBehind(lag, rates[worker]) ? lag : 0));
  const dead = sum(({ deadLetters }) => deadLetters);
  const other = status.troubles.length - halts;
  const parts = [
    halts && say("halts", halts), away && say("awayNodes", away), unheld > 0 && say("unheld", unheld),
    other > 0 && say("troubles", other), dead && say("dead", language.number(dead)), lag && say("behind", language.number(lag)),
  ].filter(Boolean);
  if (!parts.length) return ["good", `✓ ${say("well")}`];
  const isBad = halts || away || unheld > 0 || other > 0;
  return [isBad ? "bad" : "wait", `${isBad ? "✕" : "!"} ${say("troubled", parts)}`];
}

// Sections

function route() {
  const [name, query] = location.hash.slice(1).split("?");
  const next = name in sections ? name : "overview";
  if (current && current !== next) sections[current].leave();
  const isOther = current !== null && current !== next;
  current = next;
  for (const key of Object.keys(sections)) byId(`section-${key}`).hidden = key !== current;
  for (const link of byId("nav").querySelectorAll("a")) {
    const isCurrent = link.getAttribute("href") === `#${current}`;
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (isCurrent) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  document.title = `${say(current)} · Handover`;
  sections[current].enter(new URLSearchParams(query));
  if (isOther) scrollTo({ top: 0 });
}

// Words

function speak() {
  language.translate();
  byId("language").textContent = say("other");
  byId("language").lang = language.code === "ko" ? "en" : "ko";
  const choice = byId("pace");
  fill(choice, PACES.map((seconds) => element("option", { value: seconds }, seconds ? say("every", seconds) : say("paused"))));
  choice.value = String(pace);
  foot();
  if (current) document.title = `${say(current)} · Handover`;
  for (const section of Object.values(sections)) section.redraw();
  summarize();
}

function foot() {
  if (session) byId("footer").textContent = `${say("signedIn", session.name)} ${say(session.actions ? "withActions" : "readOnly")}`;
}

byId("language").addEventListener("click", () => {
  language.choose(language.code === "ko" ? "en" : "ko").catch(() => toast(say("unreachable")));
});
language.onChange(speak);
byId("pace").addEventListener("change", (event) => {
  pace = Number(event.target.value);
  try {
    localStorage.setItem(PACE, String(pace));
  } catch {
    // The choice lasts as long as the page.
  }
  read();
  summarize();
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
byId("dialog").addEventListener("close", read);
document.addEventListener("visibilitychange", () => !document.hidden && (pace || state.error) && read());
addEventListener("hashchange", route);
addEventListener("resize", () => current === "overview" && show());
deals.start();
tail.start();
audit.start();
speak();
route();
read();
