/** The views: the market, my sales, my reservations and the notices. Each draws its frame once and then what changed. */

import { chooseWho, sell } from "./market-actions.js";
import { listingCard, noticeItem, reservationCard, saleCard, withStory } from "./market-cards.js";
import { BUYER, SELLER, hasCode, isMinor, isOnSale, isOpen, isSold, isWaiting } from "./market-deals.js";
import { element, list, refill } from "./dom.js";
import { session } from "./market-session.js";
import { rowKey, store } from "./market-store.js";
import { say, words } from "./market-words.js";

/** How many notices are shown at first, and how many more each time. */
const NOTICES = 30;

const button = (word, act, kind = ".main") => element(`button.button${kind}`, { type: "button", onclick: act }, say(word));

/** What stands in a view that has nothing to show yet: what is missing, and what to do first. */
const empty = (word, action) => element("div.empty", {}, element("h2", {}, say(word)), element("p", {}, say(`${word}Text`)), action);

/** Shows what stands under the things of a view: that they are loading, why they could not be, that there are none. */
function foot(parent, parts, again, count, ifEmpty, onMore) {
  const { problem } = parts.find((part) => part.problem) ?? {};
  const isRead = parts.every((part) => part.isRead);
  refill(parent, [words.code, problem?.message, isRead, count > 0, Boolean(onMore)], () => {
    if (problem) return element("div.message.bad", { role: "alert" }, element("p", {}, problem.message), button("retry", again, ""));
    if (count === 0) return isRead ? ifEmpty() : element("p.loading", {}, say("loading"));
    return onMore && element("div.actions", {}, button("more", onMore, ""));
  });
}

const more = (part) => part.hasMore && (() => store.load(part, { more: true }));

export function saleView() {
  const [top, cards, bottom] = ["div.stack", "div.stack.cards", "div"].map((tag) => element(tag));
  const show = list(cards, ({ id }) => String(id), (trade) => watched(listingCard(trade), trade));
  const part = store.listings;
  const load = () => {
    store.load(part);
    // What is in sight is read again, the rest once it comes into sight.
    const seen = [...cards.children].filter(isInSight).map((card) => Number(card.dataset.product));
    for (const productid of store.products.keys()) if (!seen.includes(productid)) store.products.delete(productid);
    for (const productid of seen) store.askProduct(productid);
  };
  return {
    root: element("div.stack", {}, top, cards, bottom),
    load,
    update() {
      const trades = store.trades.filter((trade) => isOnSale(trade) || trade.card || isSold(trade));
      show(trades, [words.code, session.user]);
      welcome(top);
      foot(bottom, [part], load, trades.length, () => empty("saleEmpty", button("sell", sell)), more(part));
    },
  };
}

/** Reads a product's card once its listing comes into sight. */
const sight = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      sight.unobserve(target);
      store.needProduct(Number(target.dataset.product));
    }
  },
  { rootMargin: "300px" },
);

function isInSight(card) {
  const { top, bottom } = card.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

function watched(card, trade) {
  if (isOnSale(trade) && !trade.card) sight.observe(card);
  return card;
}

/** Shows what somebody who comes for the first time reads. */
function welcome(parent) {
  const { user, needsToken } = session;
  const draw = () => element(
    "section.card.welcome.stack",
    {},
    element("h2", {}, say("welcomeTitle")),
    element("p", {}, say(needsToken ? "welcomeToken" : "welcomeText")),
    element("ol.steps", {}, ["step1", "step2", "step3"].map((step) => element("li", {}, say(step)))),
    element("div", {}, button(needsToken ? "signIn" : "notChosen", () => chooseWho())),
    !needsToken && element("p.small.quiet", {}, say("tryBoth")),
  );
  refill(parent, [words.code, user, needsToken], () => (user || needsToken === null ? null : draw()));
}

/** A view of things that belong to a person. */
function personal(update, load, frame) {
  const nobody = element("div");
  const somebody = element("div.stack", {}, frame);
  return {
    root: element("div", {}, nobody, somebody),
    load,
    update() {
      const isSomebody = session.user !== "";
      somebody.hidden = !isSomebody;
      welcome(nobody);
      if (isSomebody) update();
    },
  };
}

/** What is going on, and under it what is over. */
function halves(keyOf, draw, isGoing, word) {
  const [going, title, over] = ["div.stack.cards", "h2", "div.stack.cards"].map((tag) => element(tag));
  const [showGoing, showOver] = [going, over].map((parent) => list(parent, keyOf, draw));
  return {
    nodes: [going, title, over],
    show(things) {
      const also = [words.code, session.user];
      showGoing(things.filter(isGoing), also);
      showOver(things.filter((thing) => !isGoing(thing)), also);
      title.textContent = say(word);
      title.hidden = over.children.length === 0;
    },
  };
}

/** What the person sells, and the deals of each listing. */
export function sellingView() {
  const { nodes, show } = halves(({ id }) => String(id), saleCard, isOnSale, "ended");
  const bottom = element("div");
  const own = () => store.trades.filter(({ userid }) => userid === session.user);
  const load = () => {
    store.load(store.listings, { all: true });
    store.load(store.rows);
    for (const trade of own().filter(isOnSale)) store.askProduct(trade.productid);
  };
  const update = () => {
    const deals = Map.groupBy(store.deals(SELLER).map(withStory), ({ productid }) => productid);
    const sales = own();
    for (const trade of sales.filter(isOnSale)) store.needProduct(trade.productid);
    show(sales.map((trade) => ({ ...trade, deals: deals.get(trade.productid) ?? [] })));
    foot(bottom, [store.listings, store.rows], load, sales.length, () => empty("sellingEmpty", button("sell", sell)));
  };
  return personal(update, load, [nodes, bottom]);
}

export function buyingView() {
  const { nodes, show } = halves(rowKey, reservationCard, ({ status }) => isOpen(status), "past");
  const bottom = element("div");
  const own = () => store.deals(BUYER).sort((one, other) => other.reserveid - one.reserveid);
  const eachWaiting = (act) => own().forEach(({ status, productid }) => isWaiting(status) && act(productid));
  const load = () => {
    store.load(store.rows);
    eachWaiting((productid) => store.askProduct(productid));
    for (const row of own().filter(hasCode)) store.readCode(row.reserveid);
  };
  const update = () => {
    const rows = own();
    eachWaiting((productid) => store.needProduct(productid));
    for (const row of rows.filter(hasCode)) if (!store.codes.has(row.reserveid)) store.readCode(row.reserveid);
    show(rows.map(withStory));
    const toMarket = () => element("a.button.main", { href: "#sale" }, say("toMarket"));
    foot(bottom, [store.rows], load, rows.length, () => empty("buyingEmpty", toMarket()), more(store.rows));
  };
  return personal(update, load, [nodes, bottom]);
}

export function noticesView(unread) {
  const [top, items, bottom] = ["div.row.spread", "ol.notices", "div"].map((tag) => element(tag));
  const show = list(items, ({ notice }) => notice.id, noticeItem);
  let count = NOTICES;
  const load = () => store.load(store.notices);
  const update = () => {
    const all = store.news.reverse();
    const shown = all.slice(0, count);
    show(shown.map((notice) => ({ notice, isUnread: unread.has(notice), isMinor: isMinor(notice) })), words.code);
    const unseen = () => element("span.small.quiet", {}, say("unreadCount", unread.count));
    const readAll = () => button("readAll", () => unread.clear(), ".plain");
    refill(top, [words.code, unread.count], () => unread.count > 0 && [unseen(), readAll()]);
    const showMore = () => {
      count += NOTICES;
      update();
    };
    foot(bottom, [store.notices], load, all.length, () => empty("noticesEmpty"), all.length > count && showMore);
  };
  return personal(update, load, [top, items, bottom]);
}
