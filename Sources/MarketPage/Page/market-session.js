/**
 * Who the person is. Where anybody may do anything, that is a name; where callers must sign in, a token. Both are the
 * tab's: two tabs can be both sides of a deal.
 */

import { recall, remember } from "./dom.js";
import { words } from "./market-words.js";

const TAB = "sessionStorage";
const NAME = "handover.name";
const TOKEN = "handover.token";
const NAMES = "handover.names";
const MOST_NAMES = 6;

const listeners = [];
let token = recall(TOKEN, TAB);
let name = recall(NAME, TAB) ?? "";

export const session = {
  /** Whether callers must sign in; null until the server has said so. */
  needsToken: null,

  /** The claim with the user's name. */
  claim: "sub",

  /** The name of the person, or "" if nobody is chosen. */
  get user() {
    return { true: userOf(token), false: name }[this.needsToken] ?? "";
  },

  /** The names used in this browser, the latest first. */
  get names() {
    try {
      const found = JSON.parse(recall(NAMES) ?? "[]");
      return Array.isArray(found) ? found.filter((one) => typeof one === "string").slice(0, MOST_NAMES) : [];
    } catch {
      return [];
    }
  },

  headers() {
    return { "Accept-Language": words.code, Accept: "application/json", ...(token && this.needsToken && { Authorization: `Bearer ${token}` }) };
  },

  become(chosen) {
    name = chosen;
    remember(NAME, name, TAB);
    remember(NAMES, JSON.stringify([name, ...this.names.filter((one) => one !== name)].slice(0, MOST_NAMES)));
    changed();
  },

  /** Takes a token. Returns false if it is none. */
  signIn(text) {
    const found = text.trim().replace(/^Bearer\s+/i, "");
    if (!userOf(found)) return false;
    token = found;
    remember(TOKEN, token, TAB);
    changed();
    return true;
  },

  /** The server did not take the token: it ran out, or was never good, or was not known to be needed. */
  refused() {
    if (this.needsToken && !token) return;
    this.needsToken = true;
    token = null;
    remember(TOKEN, null, TAB);
    changed("refused");
  },

  /** Calls a listener when the person is another one, with "refused" if the server did not take the token. */
  onChange: (listener) => listeners.push(listener),
};

/** Returns whom a token names, to show it. Whether it is true, the server decides. */
function userOf(text) {
  try {
    const part = text.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (one) => one.codePointAt(0));
    const user = JSON.parse(new TextDecoder().decode(bytes))[session.claim];
    return typeof user === "string" ? user : "";
  } catch {
    return "";
  }
}

function changed(why) {
  for (const listener of listeners) listener(why);
}
