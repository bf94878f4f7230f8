/**
 * The live notices of one user: server-sent events, read by `fetch`, because `EventSource` cannot carry a token.
 *
 * A lost connection is taken up again by itself, after pauses that grow, with the id of the last notice, so that the
 * server sends what was missed. A tab that nobody sees lets go of its connection: a browser has six for a server.
 */

import { session } from "./market-session.js";

/** Nothing for so long, although the server says something every 15 s: the connection is dead. In milliseconds. */
const SILENCE = 40_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** How long a hidden tab keeps its connection, in milliseconds. */
const HIDDEN_FOR = 60_000;

export class Live {
  #listener;
  #lastId = "";
  #state = "off";
  #abort = null;
  #wake = null;
  #hiding = null;
  /** The present run: a person chosen later has another one. */
  #turn = null;

  /**
   * @param {object} listener `onState(state, code)`: off, connecting, open, lost or resting; `onOpen(isReplayed)`: from
   *   now on nothing is missed, and of what was missed notices follow if `isReplayed`; `onNotice(notice)`; `onReset()`:
   *   what was missed cannot be had, read it again.
   */
  constructor(listener) {
    this.#listener = listener;
    addEventListener("offline", () => this.#abort?.abort());
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
  }

  get state() {
    return this.#state;
  }

  /** Follows a user's notices, or nobody's. */
  follow(user) {
    this.#lastId = "";
    this.#abort?.abort("changed");
    this.#turn = null;
    this.#wake?.();
    if (user) this.#run(user);
    else this.#is("off");
  }

  /** Connects now, without waiting any longer. */
  retry() {
    this.#wake?.();
  }

  #is(state, code) {
    this.#state = state;
    this.#listener.onState(state, code);
  }

  #seen(isSeen) {
    clearTimeout(this.#hiding);
    if (isSeen) this.retry();
    else this.#hiding = setTimeout(() => this.#abort?.abort("resting"), HIDDEN_FOR);
  }

  async #run(user) {
    let pause = FIRST_PAUSE;
    const run = (this.#turn = {});
    const isCurrent = () => this.#turn === run;
    this.#is("connecting");
    while (isCurrent()) {
      const abort = (this.#abort = new AbortController());
      let wait = 0;
      try {
        await this.#read(user, abort, () => (pause = FIRST_PAUSE));
      } catch (error) {
        if (error.status === 401) return session.refused();
        wait = error.retryAfter ?? 0;
        if (isCurrent()) this.#is(abort.signal.reason === "resting" ? "resting" : "lost", error.status);
      }
      if (!isCurrent()) return;
      if (this.#state === "open") this.#is("lost");
      // Many pages that lost the same server do not come back at the same moment.
      const pausing = Math.max(pause * (0.75 + Math.random() / 2), 1000 * wait);
      await this.#rest(this.#state === "resting" ? Infinity : pausing);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** Waits so many milliseconds, or until it is woken. */
  #rest(milliseconds) {
    return new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds) ? setTimeout(resolve, milliseconds) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Reads the stream until it ends, or throws why it could not. */
  async #read(user, abort, onOpen) {
    let silence = setTimeout(() => abort.abort(), SILENCE);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE);
    };
    try {
      const response = await fetch(`notices/stream?userid=${encodeURIComponent(user)}`, {
        headers: {
          ...session.headers(),
          Accept: "text/event-stream",
          ...(this.#lastId && { "Last-Event-ID": bytes(this.#lastId) }),
        },
        signal: abort.signal,
        cache: "no-store",
      });
      if (!response.ok) {
        const retryAfter = Number(response.headers.get("Retry-After")) || 0;
        throw Object.assign(new Error("refused"), { status: response.status, retryAfter });
      }
      onOpen();
      heard();
      this.#is("open");
      this.#listener.onOpen(Boolean(this.#lastId));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const events = new EventReader((event) => this.#take(event));
      for (;;) {
        const { done, value } = await reader.read();
        if (done || abort.signal.aborted) return;
        heard();
        events.take(value);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #take({ event, id, data }) {
    if (id) this.#lastId = id;
    if (event === "reset") {
      this.#lastId = "";
      this.#listener.onReset();
    } else if (event === "notice") {
      this.#listener.onNotice(JSON.parse(data));
    }
  }
}

/** Returns a text as a header can hold it: its bytes in UTF-8, as `EventSource` sends them. Names are not ASCII. */
function bytes(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Cuts a stream of text into events, as the HTML standard says. */
class EventReader {
  #rest = "";
  #event = {};
  #give;

  constructor(give) {
    this.#give = give;
  }

  take(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === "") {
      if (this.#event.data !== undefined) this.#give({ event: "message", ...this.#event });
      this.#event = {};
      return;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "data" && this.#event.data !== undefined) this.#event.data += `\n${value}`;
    else if (name) this.#event[name] = value;
  }
}
