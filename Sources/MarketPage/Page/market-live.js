/**
 * The live notices of one user: server-sent events, read by `fetch`, because `EventSource` cannot carry a token. A lost
 * connection comes back by itself, after pauses that grow, and with what was missed. A tab that nobody sees lets go of
 * its connection: a browser has six for a server.
 */

import { session } from "./market-session.js";

/** The server says something every 15 s: after so much silence the connection is dead. All times in milliseconds. */
const SILENCE = 45_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** How long a hidden tab keeps its connection. */
const HIDDEN_FOR = 60_000;

export class Live {
  #listener;
  #lastId = "";
  #state = "off";
  #abort = null;
  #wake = null;
  #hiding = null;
  #isResting = false;
  /** The present run: a person chosen later has another one. */
  #turn = null;

  /**
   * @param {object} listener `onState(state, status)`: off, connecting, open, lost or resting; `onOpen(isReplayed)`:
   *   nothing is missed from now on, or since the last notice; `onNotice(notice)`; `onReset()`: something was missed.
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

  /** Follows a user's notices; nobody's if it is "". */
  follow(user) {
    this.#lastId = "";
    this.#abort?.abort();
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
    this.#isResting = false;
    if (isSeen) return this.retry();
    this.#hiding = setTimeout(() => {
      this.#isResting = true;
      this.#abort?.abort();
      this.#wake?.();
    }, HIDDEN_FOR);
  }

  async #run(user) {
    let pause = FIRST_PAUSE;
    const run = (this.#turn = {});
    const isCurrent = () => this.#turn === run;
    this.#is("connecting");
    while (isCurrent()) {
      if (this.#isResting) {
        this.#is("resting");
        await this.#rest(Infinity);
        continue;
      }
      const abort = (this.#abort = new AbortController());
      let [wait, status] = [0];
      try {
        await this.#read(user, abort, () => (pause = FIRST_PAUSE));
      } catch (error) {
        if (error.status === 401) return session.refused();
        wait = error.retryAfter ?? 0;
        status = error.status;
      }
      if (!isCurrent()) return;
      if (this.#isResting) continue;
      this.#is("lost", status);
      // Many pages that lost the same server do not come back at the same moment.
      await this.#rest(Math.max(pause * (0.75 + Math.random() / 2), 1000 * wait));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

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
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE);
    };
    heard();
    try {
      const response = await fetch(`notices/stream?userid=${encodeURIComponent(user)}`, {
        headers: {
          ...session.headers(),
          Accept: "text/event-stream",
          ...(this.#lastId && { "Last-Event-ID": encodeURIComponent(this.#lastId) }),
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
      const take = eventReader((event) => this.#take(event));
      for (;;) {
        const { done, value } = await reader.read();
        if (done || abort.signal.aborted) return;
        heard();
        take(value);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #take({ event, id, data }) {
    if (id) this.#lastId = id;
    if (event === "reset") {
      this.#lastId = "";
      // A server that stops says so too. Then nobody can be asked, and opening the stream again reads everything.
      setTimeout(() => this.#state === "open" && this.#listener.onReset(), 500);
    } else if (event === "notice") {
      this.#listener.onNotice(JSON.parse(data));
    }
  }
}

/** Returns a function that takes a stream of text piece by piece, and gives each event that it contains. */
function eventReader(give) {
  let rest = "";
  return (text) => {
    const events = (rest + text).split("\n\n");
    rest = events.pop();
    for (const lines of events) give(Object.fromEntries(lines.split("\n").map((line) => line.split(/: ?(.*)/s))));
  };
}
