/** How a listing, a deal and a notice look. */

import { callOff, cancel, change, edit, end, handover, receipt, reserve } from "./market-actions.js";
import {
  BUYER, SELLER, canCallOff, canChange, freeOf, hasCode, inOrder, isHandedOver, isOnSale, isOpen, isRunning, isWaiting, timeline, tone,
} from "./market-deals.js";
import { element } from "./dom.js";
import { session } from "./market-session.js";
import { store } from "./market-store.js";
import { say, won, words } from "./market-words.js";

/** A button that keeps the focus when its card is drawn again. */
const button = (word, act, kind = "", focus = word) =>
  element(`button.button${kind}`, { type: "button", data: { focus }, onclick: act }, say(word));

const link = (word, to, kind = "") => element(`a.button${kind}`, { href: to, data: { focus: word } }, say(word));

const badge = (status) => element(`span.badge.status${tone(status) && `.${tone(status)}`}`, {}, say(status));

/** Things have no pictures here, but a letter and a colour of their own. */
function tile({ productid, productname }) {
  const [{ segment }] = new Intl.Segmenter(words.code).segment(productname.trim() || "?");
  const made = element("div.tile", { "aria-hidden": "true" }, segment);
  made.style.setProperty("--hue", String((productid * 47) % 360));
  return made;
}

function thing(item, ...below) {
  return element(
    "div.thing",
    {},
    tile(item),
    element("div.about", {}, element("h3", {}, item.productname), item.price !== undefined && element("p.price.number", {}, won(item.price)), ...below),
  );
}

function supply(trade) {
  const free = trade.card?.free ?? freeOf(trade);
  const waiting = trade.card?.waiting ?? 0;
  return [free > 0 ? say("free", words.number(free)) : say("noneFree"), waiting > 0 && say("waiting", words.number(waiting))].filter(Boolean).join(" · ");
}

/** A listing as everybody sees it. */
export function listingCard(trade) {
  const isMine = session.user !== "" && trade.userid === session.user;
  const takes = isOnSale(trade);
  const own = trade.card?.yours ?? [];
  const action = () => {
    if (isMine) return link("manage", "#selling");
    if (own.length > 0) return link("toMyReservation", "#buying");
    if (!takes) return null;
    return button((trade.card?.free ?? freeOf(trade)) > 0 ? "reserve" : "lineUp", () => reserve(trade), ".soft");
  };
  return element(
    `article.card.listing${takes ? "" : ".over"}`,
    { data: { product: trade.productid } },
    thing(
      trade,
      element("p.row", {}, isMine && element("span.badge.accent", {}, say("mine")), badge(trade.status), ...own.slice(0, 1).map(turn)),
      element("p.small.quiet", {}, [takes && supply(trade), !isMine && say("seller", trade.userid)].filter(Boolean).join(" · ")),
    ),
    element("div.actions", {}, action()),
  );
}

function turn({ status, position }) {
  return element(`span.badge.${tone(status)}`, {}, isWaiting(status) && position ? say("turn", position) : say(status));
}

/** A reservation as its buyer sees it. */
export function reservationCard(row) {
  const place = isWaiting(row.status) ? (row.position ?? 0) : 0;
  return element(
    `article.card.deal${isOpen(row.status) ? "" : ".over"}`,
    { data: { reserve: row.reserveid } },
    thing(
      row,
      element("p.row", {}, badge(row.status), place > 0 && element("span.badge.wait", {}, say("turn", place))),
      element("p.small.quiet", {}, [row.seller && say("seller", row.seller), row.qty > 1 && say("units", row.qty)].filter(Boolean).join(" · ")),
    ),
    words.has(`buyer.${row.status}`) && element("p.small", {}, say(`buyer.${row.status}`)),
    row.code && element("div.code", {}, element("p.small", {}, say("codeText")), element("p.number", {}, [...row.code].join(" "))),
    outlook(row),
    meeting(row),
    story(row),
    isHandedOver(row.status) && element("div.actions", {}, button("receipt", () => receipt(row), ".main")),
    canChange(row.status) && element("div.actions", {}, button("change", () => change(row)), button("cancel", () => cancel(row), ".danger")),
  );
}

/** A listing as its seller sees it, with those who reserved it. */
export function saleCard({ deals, ...trade }) {
  const takes = isOnSale(trade);
  const lacksStock = takes && trade.card && trade.card.tradeid === trade.id && trade.card.inventoryid === undefined;
  const line = inOrder(deals);
  return element(
    `article.card.sale${takes ? "" : ".over"}`,
    { data: { product: trade.productid } },
    thing(trade, element("p.row", {}, badge(trade.status)), takes && element("p.small.quiet", {}, supply(trade))),
    lacksStock && element("div.message.wait", {}, element("p", {}, say("noStockYet")), button("edit", () => edit(trade))),
    takes && !lacksStock && element("div.actions", {}, button("edit", () => edit(trade)), !line.some(({ status }) => isRunning(status) || isHandedOver(status)) && button("end", () => end(trade), ".danger")),
    line.length > 0
      ? element("section.deals", {}, element("h4", {}, say("deals")), line.map((row) => soldDeal(row, line)))
      : takes && element("p.small.quiet", {}, say("nobodyYet")),
  );
}

/** A deal as its seller sees it. */
function soldDeal(row, line) {
  const before = line.filter(({ status }) => isWaiting(status)).findIndex(({ reserveid }) => reserveid === row.reserveid);
  return element(
    "div.sold",
    { data: { reserve: row.reserveid } },
    element(
      "p.row.spread",
      {},
      element("strong", {}, say("buyer", row.buyer), row.qty > 1 && ` · ${say("units", row.qty)}`),
      element("span.row", {}, before >= 0 && element("span.badge.wait", {}, say("turn", before + 1)), badge(row.status)),
    ),
    outlook(row),
    meeting(row),
    story(row),
    canCallOff(row.status) &&
      element(
        "div.actions",
        {},
        words.has(`seller.${row.status}`) && element("p.small.quiet", {}, say(`seller.${row.status}`)),
        button("callOff", () => callOff(row), ".danger", `callOff-${row.reserveid}`),
        isRunning(row.status) && button("handover", () => handover(row), ".main", `handover-${row.reserveid}`),
      ),
  );
}

/** Why a deal waits or has ended, in the words of its notice, and what becomes of it by itself. */
function outlook({ status, reason, until, news, role }) {
  const isTold = reason && (role === BUYER || !isOpen(status));
  const why = isTold && news.findLast((notice) => notice.status === status && notice.reason === reason)?.message;
  const next = until && isOpen(status) && say(`until.${status}`, words.time(until));
  return [why, next].map((text) => text && element("p.small.quiet", {}, text));
}

function meeting({ reserveDt, address, role, status }) {
  const isHidden = role === SELLER && !address && session.needsToken && !isRunning(status);
  return element(
    "dl.meeting",
    {},
    element("div", {}, element("dt", {}, say("day")), element("dd", {}, words.day(reserveDt))),
    element("div", {}, element("dt", {}, say("place")), element("dd", {}, address || say(isHidden ? "placeLater" : "noPlace"))),
  );
}

function story(row) {
  const steps = timeline(row, row.news).map(({ status, at }) =>
    element("li", {}, element("span", {}, say(status)), element("time", { datetime: at }, words.time(at))),
  );
  return element("ol.timeline", { "aria-label": say("whatHappened") }, steps);
}

export function noticeItem({ notice, isUnread, isMinor }) {
  const { message, role, createdAt } = notice;
  return element(
    `li.notice${isUnread ? ".unread" : ""}${isMinor ? ".minor" : ""}`,
    {},
    element(
      "a",
      { href: role === SELLER ? "#selling" : "#buying", data: { focus: "open" } },
      isUnread && element("span.unseen", {}, `${say("unread")}: `),
      element("span", {}, message),
      element("time", { datetime: createdAt }, words.time(createdAt)),
    ),
  );
}

/** A deal's row with its notices, and the buyer's place in the line and code. */
export function withStory(row) {
  const yours = store.products.get(row.productid)?.yours ?? [];
  const news = store.news.filter(({ reserveid }) => reserveid === row.reserveid);
  const position = yours.find(({ reserveid }) => reserveid === row.reserveid)?.position;
  return { ...row, news, position, code: hasCode(row) && store.codes.get(row.reserveid) };
}
