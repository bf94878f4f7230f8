/** The language of a page: its words, and how it writes numbers and times. */

import { recall, remember } from "./dom.js";

const MEMORY = "handover.language";

/**
 * Returns the words of a page in the language of the person who reads it: the one chosen before, else the browser's;
 * English for browsers of other languages.
 *
 * @param load loads the module of a language, "ko" or "en", whose `table` has its words by key; a word can be a function
 *   of values.
 */
export async function makeLanguage(load) {
  const listeners = [];
  const chosen = recall(MEMORY);
  let code = ["ko", "en"].includes(chosen) ? chosen : /^ko\b/i.test(navigator.language ?? "ko") ? "ko" : "en";
  let { table } = await load(code);

  /** Returns a word by its key, with the values that it takes. */
  function say(key, ...values) {
    const word = table[key];
    return typeof word === "function" ? word(...values) : (word ?? key); // A status is its own word in Korean.
  }

  return {
    say,
    get code() {
      return code;
    },

    /** Whether there is such a word. */
    has: (key) => key in table,

    /** Changes the language. Throws, and changes nothing, if its words cannot be loaded. */
    async choose(chosen) {
      ({ table } = await load(chosen));
      code = chosen;
      remember(MEMORY, chosen);
      document.documentElement.lang = code;
      for (const listener of listeners) listener();
    },

    onChange: (listener) => listeners.push(listener),

    number: (value) => new Intl.NumberFormat(code).format(value),

    /** Returns a moment as the reader's clock shows it: the time alone if it is today. */
    time(text) {
      const moment = new Date(text);
      if (Number.isNaN(moment.getTime())) return text;
      const today = moment.toDateString() === new Date().toDateString();
      const day = today ? {} : { month: "short", day: "numeric" };
      return new Intl.DateTimeFormat(code, { ...day, hour: "numeric", minute: "2-digit" }).format(moment);
    },

    /**
     * Returns a day, with its time if it has one: `2024-04-04` or `2024-04-04T10:00`. A day has no zone: it is the same
     * for everybody.
     */
    day(text) {
      const [, day, clock] = /^(\d{4}-\d{2}-\d{2})(?:T(.+))?$/.exec(text) ?? [];
      const moment = new Date(clock ? text : `${day}T00:00`);
      if (!day || Number.isNaN(moment.getTime())) return text;
      const year = moment.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
      const time = clock ? { hour: "numeric", minute: "2-digit" } : {};
      const parts = { ...year, month: "long", day: "numeric", weekday: "short", ...time };
      return new Intl.DateTimeFormat(code, parts).format(moment);
    },

    /** Puts the words into all elements of a document that name one: `data-word`, `data-word-label`. */
    translate(root = document) {
      document.documentElement.lang = code;
      for (const found of root.querySelectorAll("[data-word]")) found.textContent = say(found.dataset.word);
      for (const found of root.querySelectorAll("[data-word-label]")) {
        found.setAttribute("aria-label", say(found.dataset.wordLabel));
      }
    },
  };
}
