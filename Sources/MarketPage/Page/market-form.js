/** Forms in a dialog: they check what is typed, send it once however often they are pressed, and say what went wrong. */

import { newKey, write } from "./market-api.js";
import { element, fill } from "./dom.js";
import { say } from "./market-words.js";

/**
 * Opens a form. Returns what `send` returned, or undefined if it was closed.
 *
 * @param {object} about `title`; `text`: what it does; `fields`; `submit`: the word on the button; `isFinal`: it cannot be
 *   undone; `also`: what stands under the fields; `onOpen(form)`; `send(values, form)`.
 *
 * @typedef {object} Field `name`: the server's, so that its problems find the field; `label`, `hint`, `value`; `type`: text,
 *   number, date, time or area; `choices`: instead, pairs of a value and its word; `least`, `most`: also of characters;
 *   `isOptional`; `isWhole`: as wide as the form.
 */
export function ask(about) {
  // A double tap on what opens a form opens one.
  if (document.querySelector("dialog[open]")) return Promise.resolve();
  return new Promise((resolve) => new Form(about, resolve));
}

const LARGEST = 9_007_199_254_740_991;

class Form {
  /** The name of this intention: a double tap, or a repetition after a time-out, is one deal. */
  #key = newKey();
  /** What was done already of an intention with several steps, by step. */
  #done = new Map();
  #step = "";
  #isBusy = false;

  constructor(about, resolve) {
    this.about = about;
    const title = element("h2", { id: "form-title", tabindex: -1 }, about.title);
    this.inputs = new Map((about.fields ?? []).map((field) => [field.name, new Input(field)]));
    this.controls = element("fieldset.fields", {}, [...this.inputs.values()].map((input) => input.root));
    this.status = element("div", { role: "alert" });
    this.button = element(`button.button.main${about.isFinal ? ".final" : ""}`, { type: "submit" }, about.submit);
    this.dismiss = element("button.button", { type: "button", onclick: () => this.dialog.close() }, say("back"));
    const form = element(
      "form.stack",
      { novalidate: true, onsubmit: (event) => this.#submit(event) },
      title,
      about.text && element("p.quiet", { id: "form-text" }, about.text),
      this.inputs.size > 0 && this.controls,
      about.also,
      this.status,
      element("div.buttons", {}, this.dismiss, this.button),
    );
    this.dialog = element("dialog", { "aria-labelledby": "form-title", "aria-describedby": about.text && "form-text" }, form);
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      // The focus goes back to what opened it; if that is not there any more, to the heading.
      if (document.activeElement === document.body) document.querySelector("h1").focus();
      resolve(this.result);
    });
    about.onOpen?.(this);
    document.body.append(this.dialog);
    this.dialog.showModal();
    const first = [...this.inputs.values()][0];
    if (first) first.control.focus();
    else title.focus();
  }

  finish(result) {
    this.result = result;
    this.dialog.close();
  }

  /** Makes the change that the form is for, or one of its parts. See `write`. */
  write(method, path, body, tag) {
    const onWaiting = () => this.#say("wait", say("working"));
    return write(method, path, `${this.#key}-${this.#step}`, { body, tag, onWaiting });
  }

  /** Does a part of what has several, once: if a later one fails, it is not repeated. */
  async once(step, act) {
    this.#step = step;
    if (!this.#done.has(step)) this.#done.set(step, await act());
  }

  show(values) {
    for (const [name, value] of Object.entries(values)) {
      const input = this.inputs.get(name);
      if (input) input.control.value = value;
    }
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isBusy) return;
    const values = this.#values();
    if (!values) return;
    this.#busy(true);
    try {
      this.result = await this.about.send(values, this);
      this.dialog.close();
    } catch (problem) {
      this.#busy(false);
      this.#fail(problem);
    }
  }

  #values() {
    let first;
    const values = {};
    for (const [name, input] of this.inputs) {
      const wrong = input.check();
      input.mark(wrong);
      if (wrong) first ??= input;
      values[name] = input.value;
    }
    this.#say();
    first?.control.focus();
    return first ? undefined : values;
  }

  #busy(isBusy) {
    this.#isBusy = isBusy;
    // Not disabled: a disabled button loses the focus.
    this.button.setAttribute("aria-disabled", isBusy);
    this.button.textContent = isBusy ? say("working") : this.about.submit;
    this.controls.disabled = isBusy;
    if (isBusy) this.#say();
  }

  #fail(problem) {
    // A refusal is an answer: what is sent after it is another intention.
    if (!problem.isUnknown) this.#key = newKey();
    const input = this.inputs.get(problem.field);
    if (input) {
      input.mark(problem.message);
      input.control.focus();
      return;
    }
    // While nobody knows whether it was done, and once a part of it is, only the very same can be sent again.
    const isSame = Boolean(problem.isUnknown) || this.#done.size > 0;
    this.controls.disabled = isSame;
    if (isSame) this.button.textContent = say("retry");
    this.#say(problem.isStale ? "wait" : "bad", problem.isStale ? say("stale") : problem.message);
    this.button.focus();
  }

  #say(tone, text) {
    fill(this.status, text && element(`div.message.${tone}`, {}, element("p", {}, text)));
  }
}

let count = 0;

/** A field with its label, its hint and what is wrong with it. */
class Input {
  constructor(field) {
    this.field = field;
    const id = `field-${(count += 1)}`;
    const isNumber = field.type === "number";
    const tag = field.choices ? "select" : field.type === "area" ? "textarea" : "input";
    const options = field.choices?.map(([value, word]) => element("option", { value }, word));
    this.control = element(tag, {
      id,
      name: field.name,
      type: tag === "input" && (isNumber ? "text" : (field.type ?? "text")),
      inputmode: isNumber ? "numeric" : null,
      maxlength: isNumber ? 20 : field.most,
      min: field.type === "date" ? field.least : null,
      rows: field.type === "area" ? 4 : null,
      autocomplete: field.autocomplete ?? "off",
      required: !field.isOptional,
      "aria-describedby": `${id}-hint ${id}-error`,
    }, options);
    this.control.value = field.value ?? "";
    this.error = element("p.error", { id: `${id}-error` });
    this.root = element(
      `div.field${field.isWhole ? ".whole" : ""}`,
      {},
      element("label", { for: id }, field.label),
      this.control,
      element("p.hint", { id: `${id}-hint` }, field.hint),
      this.error,
    );
  }

  get value() {
    const text = this.control.value.trim();
    // Prices are written in many ways: 50,000, 50 000, 50000원.
    return this.field.type === "number" ? text.replace(/[,.\s₩원]/g, "") : text;
  }

  check() {
    const { label, type, isOptional, least, most } = this.field;
    const value = this.value;
    if (!value) return isOptional ? undefined : type === "date" && this.control.validity.badInput ? say("pleaseDay") : say("pleaseFill", label);
    if (type === "number" && (!/^\d+$/.test(value) || Number(value) < (least ?? 0) || Number(value) > (most ?? LARGEST))) {
      return say("pleaseNumber", least ?? 0, most ?? LARGEST);
    }
    if (type === "date" && value < least) return say("pleaseDay");
  }

  mark(wrong) {
    this.error.textContent = wrong ?? "";
    if (wrong) this.control.setAttribute("aria-invalid", "true");
    else this.control.removeAttribute("aria-invalid");
  }
}
