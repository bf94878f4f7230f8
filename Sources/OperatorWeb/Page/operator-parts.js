import { element, byId, fill } from "./dom.js";
import { say, why } from "./operator-words.js";

/** What several sections of the page are made of. */

/** What stands in place of a hidden text. */
const MASK = "•••";

/** Characters that steer whatever shows them: controls, and those that turn the direction of text. */
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Returns text of others as something to show: a hidden one as such, and nothing that steers. */
export function shown(text) {
  if (text === MASK) return element("span.hiddenword", { title: say("hidden") }, MASK);
  return text.replace(STEERING, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Returns a table with a caption. `columns` have a `name` and can have a `class`; cells are texts or nodes. */
export function table(caption, columns, rows, rowClass = () => null) {
  const head = columns.map(({ name, kind }) => element(`th${kind ? `.${kind}` : ""}`, { scope: "col" }, name));
  const body = rows.map((cells) =>
    element("tr", { class: rowClass(cells) }, cells.map((cell, place) => {
      const kind = columns[place].kind;
      const tag = columns[place].heads ? "th" : "td";
      return element(`${tag}${kind ? `.${kind}` : ""}`, { scope: tag === "th" ? "row" : null }, cell);
    })));
  const label = typeof caption === "string" ? caption : caption.textContent;
  return element("div.card", {},
    element("div.scroll", { tabindex: 0, role: "region", "aria-label": label },
      element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, head)), element("tbody", {}, body))));
}

export const badge = (kind, word) => element(`span.badge.state.${kind}`, {}, word);

export const empty = (word) => element("div.card.empty", {}, element("p", {}, word));

export const loading = () => element("p.loading", {}, say("loading"));

export const link = (word, onclick, properties = {}) => element("button.link", { type: "button", onclick, ...properties }, word);

export const button = (word, onclick, kind = "") => element(`button.button${kind && `.${kind}`}`, { type: "button", onclick }, word);

/** A failure with a way to try again. */
export function failure(error, again) {
  return element("div.message.bad", { role: "alert" }, element("p", {}, why(error)), again && button(say("tryAgain"), again));
}

/** Facts as `name value`, with names of items that lead to their timelines. */
export function facts(pairs) {
  const leads = { reserveid: "reserve", tradeid: "trade", productid: "product" };
  return element("span.facts", {}, pairs.map(([name, value]) =>
    element("span", {}, element("i", {}, `${name} `),
      leads[name] && /^\d+$/.test(value) ? element("a", { href: `#deals?${leads[name]}=${value}` }, value) : shown(value))));
}

/** Says something for some seconds. */
export function toast(text) {
  const note = element("p", {}, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 6000);
}

/** Whether a dialog is open; nothing is read meanwhile, so that nothing changes below the operator's hands. */
export const isAsking = () => byId("dialog").open;

/** Opens the dialog. `draw(body, foot, close)` fills it, now and whenever it wants. */
export function ask(title, draw) {
  const dialog = byId("dialog");
  const close = () => dialog.close();
  const body = element("div.inside.stack");
  const foot = element("div.foot");
  fill(dialog,
    element("div.head", {}, element("h2", { id: "dialog-title" }, title), button(say("close"), close, "plain")), body, foot);
  draw(body, foot, close);
  if (!dialog.open) dialog.showModal();
}
