/** Calls of the market's HTTP interface. Each ends: with what was asked for, or with a `Problem` that a person can read. */

import { say } from "./market-words.js";
import { session } from "./market-session.js";

/** How long a call can take, in milliseconds. */
const PATIENCE = 12_000;
/** How long the result of a write is asked for after a 202, in milliseconds. */
const RESULT_PATIENCE = 20_000;
/** The longest `Retry-After` that is waited for, in seconds. */
const LONGEST_WAIT = 3;
/** How often a call that the server puts off is repeated. */
const MOST_TRIES = 3;

/** Why a call failed, in the words of the page's language. */
export class Problem extends Error {
  /** `isUnknown`: it can have been done all the same; nobody knows until it is repeated. The others are the server's. */
  constructor(message, { status = 0, code = "", field, isUnknown = false } = {}) {
    super(message);
    Object.assign(this, { status, code, field, isUnknown });
  }

  /** Whether what the person saw was no longer true. */
  get isStale() {
    return this.status === 412 || this.code === "stale";
  }
}

/** Returns a name for one intention: whatever is sent again under it is done once. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

/** Returns what is at a path, and its entity tag. */
export function read(path) {
  return call("GET", path);
}

/**
 * Makes a change and returns the item that came of it, also if the server only accepted it at first.
 *
 * @param {string} key the intention's name, from `newKey`.
 * @param {object} [options] `tag`: the entity tag of what the person saw; `onWaiting`: called when it takes long.
 */
export async function write(method, path, key, { body, tag, onWaiting } = {}) {
  const headers = { "Idempotency-Key": key };
  if (tag) headers["If-Match"] = tag;
  const answer = await call(method, path, { headers, body });
  if (answer.status !== 202) return answer.item;
  onWaiting?.();
  return result(answer.location);
}

/** Follows an accepted write until there is a result. */
async function result(location) {
  const path = new URL(location, document.baseURI).pathname;
  const until = Date.now() + RESULT_PATIENCE;
  for (let pause = 300; Date.now() < until; pause = Math.min(pause * 1.5, 2000)) {
    await delay(pause);
    const { item } = await call("GET", path);
    if (item.status === "completed") return item.reserve ?? item.trade ?? item.inventory;
    if (item.status === "rejected") throw told(item.problem);
  }
  throw new Problem(say("stillRunning"), { code: "stillRunning", isUnknown: true });
}

async function call(method, path, options = {}, tries = 1) {
  const isWrite = method !== "GET";
  let response, item;
  try {
    response = await fetch(path, {
      method,
      headers: { ...session.headers(), ...options.headers, ...(options.body && { "Content-Type": "application/json" }) },
      body: options.body && JSON.stringify(options.body),
      signal: AbortSignal.timeout(PATIENCE),
      cache: "no-store",
    });
    const text = await response.text();
    item = text ? JSON.parse(text) : undefined;
  } catch (error) {
    const why = navigator.onLine ? "noAnswer" : "offline";
    throw new Problem(say(why) + (isWrite ? " " + say("nothingTwice") : ""), { code: why, isUnknown: isWrite });
  }
  if (response.ok) {
    return { item, status: response.status, tag: response.headers.get("ETag"), location: response.headers.get("Location") };
  }
  const wait = Number(response.headers.get("Retry-After")) || 0;
  const isPutOff = [429, 503].includes(response.status) || item?.code === "stillRunning";
  if (isPutOff && wait <= LONGEST_WAIT && tries < MOST_TRIES) {
    await delay(1000 * (wait || tries));
    return call(method, path, options, tries + 1);
  }
  if (response.status === 401) session.refused();
  throw told({ ...item, status: response.status }, wait, isPutOff && isWrite);
}

/** Returns the problem that the server tells, in a problem+json. */
function told({ status, code, field, message }, wait = 0, isUnknown = false) {
  const text = status === 429 ? say("tooMany", wait || 60) : message;
  return new Problem(text || say("failed", status), { status, code, field, isUnknown });
}

export function delay(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
