/** What a person can do: each opens a form, sends what it says, and says what came of it. */

import { read, write } from "./market-api.js";
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
    toast(say("hello", name));
    form.finish(true);
  };
  return ask({
    title: say("who"),
    fields: [{ name: "userid", label: say("name"), hint: say("nameHint"), most: 100, isWhole: true, autocomplete: "nickname" }],
    also: known.length > 0 && [element("h3.small.quiet", {}, say("usedNames")), element("div.row", { role: "group", "aria-label": say("usedNames") }, known)],
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
    also: session.user && element("div", {}, element("button.button", { type: "button", onclick: () => session.signOut() }, say("signOut"))),
    submit: say("signIn"),
    send: async ({ token }) => {
      if (!session.signIn(token)) throw Object.assign(new Error(say("notAToken")), { field: "token" });
      toast(say("hello", session.user));
    },
  });
}

/** Does something as somebody: asks who it is if that is not known. */
async function asSomebody(act) {
  if (session.user || (await chooseWho())) return act();
}

/** Lists a thing and registers its stock. */
export const sell = () =>
  asSomebody(async () => {
    // People do not number their things. Out of so many, no two are the same.
    const [high, low] = crypto.getRandomValues(new Uint32Array(2));
    const productid = (high % 0x1f_ffff) * 0x1_0000_0000 + low + 1;
    const done = await ask({
      title: say("sellTitle"),
      fields: [
        { name: "productname", label: say("productname"), hint: say("productHint"), most: 200, isWhole: true },
        { name: "price", label: say("price"), type: "number" },
        { name: "qty", label: say("qty"), type: "number", value: 1, least: 1, most: MOST_UNITS },
      ],
      submit: say("sellSubmit"),
      send: async ({ productname, price, qty }, form) => {
        await form.once("trade", (key) =>
          write("POST", "trades", key, { body: { productid, userid: session.user, productname, price, qty }, onWaiting: form.waiting }),
        );
        store.load(store.listings);
        await secondStep(form, "halfSold", () =>
          form.once("stock", (key) =>
            write("POST", "inventories", key, { body: { productid, productname, qty }, onWaiting: form.waiting }),
          ),
        );
        return productname;
      },
    });
    if (done) toast(say("sold", done));
    store.askProduct(productid);
    store.load(store.listings);
  });

/** Does the second step of two. If it fails, says that the first one is done. */
async function secondStep(form, what, act) {
  try {
    return await act();
  } catch (problem) {
    problem.message = `${say(what)} (${problem.message})`;
    problem.field = undefined;
    throw problem;
  }
}

/** Registers the stock of a listing that has none. */
export async function addStock({ productid, productname, qty, sold = 0 }) {
  const done = await ask({
    title: say("addStock"),
    text: say("addStockText"),
    fields: [{ name: "qty", label: say("qty"), type: "number", value: qty - sold, least: 1, most: MOST_UNITS, isWhole: true }],
    submit: say("addStock"),
    send: async (values, form) =>
      write("POST", "inventories", form.key(), { body: { productid, productname, ...values }, onWaiting: form.waiting }),
  });
  if (done) toast(say("stockAdded"));
  store.askProduct(productid);
}

/** Reserves a listing for a day and a place. */
export const reserve = (trade) =>
  asSomebody(async () => {
    const { productid, productname, price, card = {} } = trade;
    const free = card.free ?? freeOf(trade);
    const done = await ask({
      title: say("reserveTitle", productname),
      text: free > 0 ? say("reserveText", won(price)) : say("lineText", card.waiting ?? 0),
      fields: [
        ...meeting({ reserveDt: dayFromToday(1) }),
        ...(trade.qty > 1 ? [{ name: "qty", label: say("qty"), type: "number", value: 1, least: 1, most: trade.qty }] : []),
      ],
      submit: free > 0 ? say("reserveSubmit") : say("lineUp"),
      send: async ({ qty = "1", ...values }, form) =>
        write("POST", "reserves", form.key(), {
          body: { productid, userid: session.user, productname, price, qty, ...when(values) },
          onWaiting: form.waiting,
        }),
    });
    if (!done) return;
    toast(say("reserved", productname));
    store.load(store.rows);
    store.askProduct(productid);
  });

/** Changes the day and the place of a reservation. */
export async function change(row) {
  const path = `reserves/${row.reserveid}`;
  const seen = await opening(() => read(path));
  if (!seen) return;
  const done = await ask({
    title: say("changeTitle"),
    fields: meeting(seen.item),
    submit: say("changeSubmit"),
    send: async (values, form) =>
      current(form, path, seen, (tag) => write("PATCH", path, form.key(), { body: when(values), tag, onWaiting: form.waiting }), split),
  });
  if (done) toast(say("changed"));
  store.load(store.rows);
}

/** Changes the price of a listing, and how many of it are left. */
export async function edit({ id, productid }) {
  const path = `trades/${id}`;
  const seen = await opening(() => read(path));
  if (!seen) return;
  const left = ({ qty, sold = 0, ...item }) => ({ ...item, qty: qty - sold });
  const shown = left(seen.item);
  const done = await ask({
    title: say("editTitle", shown.productname),
    fields: [
      { name: "price", label: say("price"), type: "number", value: shown.price },
      { name: "qty", label: say("left"), type: "number", value: shown.qty, least: 1, most: MOST_UNITS, hint: say("leftHint") },
    ],
    submit: say("editSubmit"),
    send: async ({ price, qty }, form) => {
      const body = { price, qty: Number(qty) + (seen.item.sold ?? 0) };
      await form.once("trade", (key) =>
        current(form, path, seen, (tag) => write("PATCH", path, key, { body, tag, onWaiting: form.waiting }), left),
      );
      await secondStep(form, "halfDone", () => form.once("stock", (key) => putStock(productid, shown, qty, key, form)));
      return true;
    },
  });
  if (done) toast(say("saved"));
  store.askProduct(productid);
  store.load(store.listings);
}

/** Makes the stock of a product what its listing says. */
async function putStock(productid, { productname }, qty, key, form) {
  const { item: card } = await store.readProduct(productid);
  if (!card.inventoryid) {
    return write("POST", "inventories", key, { body: { productid, productname, qty }, onWaiting: form.waiting });
  }
  if (String(card.qty) === qty) return card;
  return write("PATCH", `inventories/${card.inventoryid}`, key, { body: { qty }, onWaiting: form.waiting });
}

/** Cancels a reservation. */
export async function cancel({ reserveid, productid, productname }) {
  const done = await ask({
    title: say("cancelTitle"),
    text: say("cancelText", productname),
    submit: say("cancelSubmit"),
    dismiss: say("cancelKeep"),
    isFinal: true,
    send: (values, form) => write("PUT", `reserves/${reserveid}/reservecancel`, form.key(), { onWaiting: form.waiting }),
  });
  settled(done, "canceled", productid);
}

/** Completes a deal. */
export async function handover({ reserveid, productid, productname, buyer }) {
  const done = await ask({
    title: say("handoverTitle"),
    text: say("handoverText", productname, buyer),
    submit: say("handoverSubmit"),
    dismiss: say("notYet"),
    isFinal: true,
    send: async (values, form) => {
      const trade = (await read(`reserves/${reserveid}`)).item._links.handover.href;
      const path = new URL(trade).pathname.slice(1);
      return write("POST", path, form.key(), { body: { reserveid }, onWaiting: form.waiting });
    },
  });
  settled(done, "handedOver", productid);
}

/** Ends a sale, and with it the stock. */
export async function end({ id, productid, productname }) {
  const done = await ask({
    title: say("endTitle"),
    text: say("endText", productname),
    submit: say("endSubmit"),
    dismiss: say("cancelKeep"),
    isFinal: true,
    send: async (values, form) => {
      const ended = await form.once("trade", (key) =>
        write("PATCH", `trades/${id}`, key, { body: { status: "판매종료" }, onWaiting: form.waiting }),
      );
      await secondStep(form, "halfDone", () =>
        form.once("stock", async (key) => {
          const { item: card } = await store.readProduct(productid);
          if (card.inventoryid) await write("DELETE", `inventories/${card.inventoryid}`, key, { onWaiting: form.waiting });
        }),
      );
      return ended;
    },
  });
  settled(done, "endedDone", productid);
  store.load(store.listings);
}

function settled(done, word, productid) {
  if (done) toast(say(word));
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
async function current(form, path, seen, act, shown) {
  try {
    return await act(seen.tag);
  } catch (problem) {
    if (problem.isStale) {
      Object.assign(seen, await read(path));
      form.show(shown(seen.item));
    }
    throw problem;
  }
}

/** The fields of when and where two people meet. */
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
