/** What a person can do: each opens a form, sends what it says, and says what came of it. */

import { read } from "./market-api.js";
import { freeOf } from "./market-deals.js";
import { byId, element } from "./dom.js";
import { ask } from "./market-form.js";
import { session } from "./market-session.js";
import { store } from "./market-store.js";
import { say, won } from "./market-words.js";

const MOST_UNITS = 1_000_000;

/** Says something for a moment, also to screen readers. The last word counts: several would hide the page. */
export function toast(text) {
  const shown = element("p", {}, text);
  byId("toasts").replaceChildren(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** Asks who the person is. Returns whether somebody is chosen now. */
export async function chooseWho(why) {
  await (session.needsToken ? signIn(why) : chooseName());
  return Boolean(session.user);
}

function chooseName() {
  let form;
  const known = session.names.map((name) =>
    element("button.button", { type: "button", "aria-pressed": String(name === session.user), onclick: () => become(name) }, name),
  );
  const become = (name) => {
    session.become(name);
    form.finish(true);
  };
  return ask({
    title: say("who"),
    fields: [{ name: "userid", label: say("name"), most: 100, isWhole: true, autocomplete: "nickname" }],
    also: known.length > 0 && element("div.row", { role: "group", "aria-label": say("usedNames") }, known),
    submit: say("begin"),
    onOpen: (opened) => (form = opened),
    send: async ({ userid }) => become(userid),
  });
}

function signIn(why) {
  return ask({
    title: say("signIn"),
    text: why === "refused" ? say("tokenRefused") : say("signInText"),
    fields: [{ name: "token", label: say("token"), type: "area", most: 16_000, isWhole: true }],
    submit: say("signIn"),
    send: async ({ token }) => {
      if (!session.signIn(token)) throw Object.assign(new Error(say("notAToken")), { field: "token" });
    },
  });
}

/** Does something as somebody: asks who it is if that is not known. */
async function asSomebody(act) {
  if (session.user || (await chooseWho())) return act();
}

export const sell = () =>
  asSomebody(async () => {
    // People do not number their things. Out of so many, no two are the same.
    const [high, low] = crypto.getRandomValues(new Uint32Array(2));
    const productid = (high % 0x1f_ffff) * 0x1_0000_0000 + low + 1;
    const done = await ask({
      title: say("sell"),
      fields: [
        { name: "productname", label: say("productname"), hint: say("productHint"), most: 200, isWhole: true },
        { name: "price", label: say("price"), type: "number" },
        { name: "qty", label: say("qty"), type: "number", value: 1, least: 1, most: MOST_UNITS },
        { name: "confirm", label: say("confirm"), choices: choices("confirm", ["none", "buyer", "code"]), value: "none", isWhole: true },
      ],
      submit: say("sell"),
      send: async ({ productname, price, qty, confirm }, form) => {
        const listing = { productid, userid: session.user, productname, price, qty, confirm };
        await form.once("trade", () => form.write("POST", "trades", listing));
        await second(form, () => form.write("POST", "inventories", { productid, productname, qty }));
        return true;
      },
    });
    if (done) settled(done, productid);
    store.load(store.listings);
  });

/** What a field lets one choose from: each value and its word. */
const choices = (field, values) => values.map((value) => [value, say(`${field}.${value}`)]);

/** Does the second step of two. If it fails, says that the first one is done. */
async function second(form, act) {
  try {
    await form.once("stock", act);
  } catch (problem) {
    problem.message = `${say("halfDone")} (${problem.message})`;
    problem.field = undefined;
    throw problem;
  }
}

export const reserve = (trade) =>
  asSomebody(async () => {
    const { productid, productname, price, card = {} } = trade;
    const free = card.free ?? freeOf(trade);
    const done = await ask({
      title: productname,
      text: free > 0 ? say("reserveText", won(price)) : say("lineText", card.waiting ?? 0),
      fields: [
        ...meeting({ reserveDt: dayFromToday(1) }),
        ...(trade.qty > 1 ? [{ name: "qty", label: say("qty"), type: "number", value: 1, least: 1, most: trade.qty }] : []),
      ],
      submit: say(free > 0 ? "reserve" : "lineUp"),
      send: ({ qty = "1", ...values }, form) =>
        form.write("POST", "reserves", { productid, userid: session.user, productname, price, qty, ...when(values) }),
    });
    settled(done, productid);
  });

export async function change(row) {
  const path = `reserves/${row.reserveid}`;
  const seen = await opening(() => read(path));
  if (!seen) return;
  const done = await ask({
    title: say("change"),
    fields: meeting(seen.item),
    submit: say("change"),
    send: (values, form) => update(form, path, seen, when(values), split),
  });
  settled(done, row.productid);
}

/** Changes the price of a listing, and how many of it are left; registers its stock if it has none. */
export async function edit({ id, productid }) {
  const path = `trades/${id}`;
  const seen = await opening(() => read(path));
  if (!seen) return;
  const left = ({ qty, sold = 0, ...item }) => ({ ...item, qty: qty - sold });
  const shown = left(seen.item);
  const done = await ask({
    title: shown.productname,
    fields: [
      { name: "price", label: say("price"), type: "number", value: shown.price },
      { name: "qty", label: say("left"), type: "number", value: shown.qty, least: 1, most: MOST_UNITS },
    ],
    submit: say("edit"),
    send: async ({ price, qty }, form) => {
      const body = { price, qty: Number(qty) + (seen.item.sold ?? 0) };
      await form.once("trade", () => update(form, path, seen, body, left));
      await second(form, () => putStock(form, productid, shown.productname, qty));
      return true;
    },
  });
  settled(done, productid);
  store.load(store.listings);
}

/** Makes the stock of a product what its listing says. */
async function putStock(form, productid, productname, qty) {
  const { item: card } = await store.readProduct(productid);
  if (!card.inventoryid) await form.write("POST", "inventories", { productid, productname, qty });
  else if (String(card.qty) !== qty) await form.write("PATCH", `inventories/${card.inventoryid}`, { qty });
}

/** Does something that cannot be undone, once it is confirmed. */
async function finish(act, { productid, productname, buyer }, send, fields, text = "Text") {
  const done = await ask({
    title: say(`${act}Title`),
    text: say(`${act}${text}`, productname, buyer),
    fields,
    submit: say(act),
    isFinal: true,
    send,
  });
  settled(done, productid);
}

export const cancel = (row) =>
  finish("cancel", row, (values, form) => form.write("PUT", `reserves/${row.reserveid}/reservecancel`));

/** Confirms, as the buyer, that the thing was received. */
export const receipt = (row) =>
  finish("receipt", row, (values, form) => form.write("POST", `reserves/${row.reserveid}/receipt`));

export function handover({ tradeid, reserveid, confirm, ...row }) {
  const code = { name: "code", label: say("code"), hint: say("codeHint"), type: "number", most: 9999, isWhole: true };
  const send = (values, form) => form.write("POST", `trades/${tradeid}/handover`, { reserveid, ...values });
  return finish("handover", row, send, confirm === "code" ? [code] : [], confirm === "buyer" ? "First" : "Text");
}

/** Ends a deal as its seller. */
export function callOff({ tradeid, reserveid, ...row }) {
  const reasons = choices("reason", ["noShow", "changedMind", "damaged", "other"]);
  const send = ({ reason }, form) => form.write("POST", `trades/${tradeid}/cancel`, { reserveid, reason });
  return finish("callOff", row, send, [{ name: "reason", label: say("reason"), choices: reasons, isWhole: true }]);
}

export async function end({ id, ...trade }) {
  await finish("end", trade, async (values, form) => {
    await form.once("trade", () => form.write("PATCH", `trades/${id}`, { status: "판매종료" }));
    await second(form, async () => {
      const { item: card } = await store.readProduct(trade.productid);
      if (card.inventoryid) await form.write("DELETE", `inventories/${card.inventoryid}`);
    });
    return true;
  });
  store.load(store.listings);
}

/** Says that something is done, and reads again what it changed. */
function settled(done, productid) {
  if (done) toast(say("done"));
  store.load(store.rows);
  store.askProduct(productid);
}

/** Reads what a form shows. If that fails, says why. */
async function opening(act) {
  try {
    return await act();
  } catch (problem) {
    toast(problem.message);
  }
}

/**
 * Makes a change to what the person saw. If that is no longer true, reads it again and shows it in the form: what
 * somebody else changed is not overwritten unseen.
 */
async function update(form, path, seen, body, shown) {
  try {
    return await form.write("PATCH", path, body, seen.tag);
  } catch (problem) {
    if (problem.isStale) {
      Object.assign(seen, await read(path));
      form.show(shown(seen.item));
    }
    throw problem;
  }
}

function meeting(item) {
  const { reserveDt, clock, address } = split(item);
  const today = dayFromToday(0);
  return [
    { name: "reserveDt", label: say("reserveDt"), type: "date", value: reserveDt, least: reserveDt < today ? reserveDt : today },
    { name: "clock", label: say("clock"), type: "time", value: clock, isOptional: true },
    { name: "address", label: say("address"), hint: say("addressHint"), value: address, most: 500, isOptional: true, isWhole: true },
  ];
}

/** Splits a day with a time, `2024-04-04T10:00`, into the two fields. */
const split = ({ reserveDt = "", address = "" }) => ({
  reserveDt: reserveDt.slice(0, 10),
  clock: reserveDt.slice(11, 16),
  address,
});

const when = ({ reserveDt, clock, address }) => ({ reserveDt: clock ? `${reserveDt}T${clock}` : reserveDt, address });

/** Returns the day so many days from today, as the person's calendar has it: `2024-04-04`. */
function dayFromToday(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
