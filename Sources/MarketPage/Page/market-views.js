/** The views: the market, my sales, my reservations and the notices. Each draws its frame once and then what changed. */

import { chooseWho, sell } from "./market-actions.js";
import { listingCard, noticeItem, reservationCard, saleCard, withStory } from "./market-cards.js";
import { BUYER, SELLER, isListing, isOfDeal, isOnSale, isOpen, isWaiting } from "./market-deals.js";
import { element, fill, list } from "./dom.js";
import { session } from "./market-session.js";
import { rowKey, store } from "./market-store.js";
import { say, words } from "./market-words.js";

/** How many notices are shown at first, and how many more each time. */
const NOTICES = 30;

const button = (word, act, kind = ".main") => element(`button.button${kind}`, { type: "button", onclick: act }, say(word));

/** What stands in a view that has nothing to show yet: what is missing, and what to do first. */
const empty = (word, action) => element("div.empty", {}, element("h2", {}, say(word)), element("p", {}, say(`${word}Text`)), action);

/** Says that a part is loading, or why it could not be loaded; null if there is something to show. */
function standing(part, again) {
  if (part.problem) {
    return element("div.message.bad", { role: "alert" }, element("p", {}, part.problem.message), button("retry", again, ""));
  }
  if (part.state === "loading" || part.state === "idle") return element("p.loading", {}, say("loading"));
  return null;
}

const more = (part) => part.hasMore && element("div.actions", {}, button("more", () => store.load(part, { more: true }), ""));

/** The market: everything that is on sale. */
export function saleView() {
  const top = element("div.stack");
  const cards = element("div.stack.cards");
  const bottom = element("div");
  const show = list(cards, ({ id }) => String(id), (trade) => watched(listingCard(trade), trade));
  const part = store.listings;
  return {
    root: element("div.stack", {}, top, cards, bottom),
    load: () => {
      store.load(part);
      for (const productid of store.products.keys()) store.askProduct(productid);
    },
    update() {
      const trades = store.trades.filter((trade) => isOnSale(trade) || trade.card || trade.status === "거래완료");
      const state = standing(part, () => store.load(part));
      show(trades, [words.code, session.user]);
      fill(top, welcome(), state && (part.problem || trades.length === 0) ? state : null);
      fill(bottom, !state && trades.length === 0 ? empty("saleEmpty", button("sell", sell)) : null, more(part));
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

function watched(card, trade) {
  if (isOnSale(trade) && !trade.card) sight.observe(card);
  return card;
}

/** What somebody who comes for the first time reads. */
function welcome() {
  if (session.user || session.needsToken === null) return null;
  return element(
    "section.card.welcome.stack",
    {},
    element("h2", {}, say("welcomeTitle")),
    element("p", {}, say(session.needsToken ? "welcomeToken" : "welcomeText")),
    element("ol.steps", {}, ["step1", "step2", "step3"].map((step) => element("li", {}, say(step)))),
    element("div", {}, button(session.needsToken ? "signIn" : "notChosen", () => chooseWho())),
    !session.needsToken && element("p.small.quiet", {}, say("tryBoth")),
  );
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
      fill(nobody, isSomebody ? null : empty("nameFirst", button(session.needsToken ? "signIn" : "notChosen", () => chooseWho())));
      if (isSomebody) update();
    },
  };
}

/** What the person sells, and the deals of each listing. */
export function sellingView() {
  const [open, past, bottom] = ["div.stack.cards", "div.stack.cards", "div"].map((tag) => element(tag));
  const pastTitle = element("h2");
  const showOpen = list(open, ({ id }) => String(id), saleCard);
  const showPast = list(past, ({ id }) => String(id), saleCard);
  const load = () => {
    store.load(store.listings, { all: true });
    store.load(store.rows);
    for (const trade of store.trades) if (trade.userid === session.user && isOnSale(trade)) store.askProduct(trade.productid);
  };
  const update = () => {
    const deals = Map.groupBy(store.deals(SELLER).map(withStory), ({ productid }) => productid);
    const sales = store.trades.filter(({ userid }) => userid === session.user).map((trade) => {
      if (isOnSale(trade)) store.needProduct(trade.productid);
      return { ...trade, deals: deals.get(trade.productid) ?? [] };
    });
    const also = [words.code, session.user];
    showOpen(sales.filter(isOnSale), also);
    showPast(sales.filter((trade) => !isOnSale(trade)), also);
    pastTitle.textContent = say("ended");
    pastTitle.hidden = past.children.length === 0;
    const state = standing(store.listings, load) ?? standing(store.rows, load);
    fill(bottom, state && (sales.length === 0 || store.listings.problem || store.rows.problem) ? state : null, !state && sales.length === 0 ? empty("sellingEmpty", button("sell", sell)) : null);
  };
  return personal(update, load, [open, pastTitle, past, bottom]);
}

/** What the person reserved. */
export function buyingView() {
  const [open, past, bottom] = ["div.stack.cards", "div.stack.cards", "div"].map((tag) => element(tag));
  const pastTitle = element("h2");
  const showOpen = list(open, rowKey, reservationCard);
  const showPast = list(past, rowKey, reservationCard);
  const waiting = () => store.deals(BUYER).filter(({ status }) => isWaiting(status));
  const load = () => {
    store.load(store.rows);
    for (const { productid } of waiting()) store.askProduct(productid);
  };
  const update = () => {
    for (const { productid } of waiting()) store.needProduct(productid);
    const rows = store.deals(BUYER).map(withStory).sort((one, other) => other.reserveid - one.reserveid);
    showOpen(rows.filter(({ status }) => isOpen(status)), words.code);
    showPast(rows.filter(({ status }) => !isOpen(status)), words.code);
    pastTitle.textContent = say("past");
    pastTitle.hidden = past.children.length === 0;
    const state = standing(store.rows, load);
    const toMarket = element("a.button.main", { href: "#sale" }, say("toMarket"));
    fill(bottom, state && (rows.length === 0 || store.rows.problem) ? state : null, !state && rows.length === 0 ? empty("buyingEmpty", toMarket) : null, more(store.rows));
  };
  return personal(update, load, [open, pastTitle, past, bottom]);
}

/** What happened to the person's things, the newest first. */
export function noticesView(unread) {
  const items = element("ol.notices");
  const [top, bottom] = [element("div.row.spread"), element("div")];
  const show = list(items, ({ notice }) => notice.id, noticeItem);
  let count = NOTICES;
  const load = () => store.load(store.notices);
  const update = () => {
    const all = store.news.reverse();
    show(
      all.slice(0, count).map((notice) => ({ notice, isUnread: unread.has(notice), isMinor: isMinor(notice) })),
      words.code,
    );
    const state = standing(store.notices, load);
    fill(top, unread.count > 0 && [element("span.small.quiet", {}, say("unreadCount", unread.count)), button("readAll", () => unread.clear(), ".plain")]);
    fill(
      bottom,
      state && (all.length === 0 || store.notices.problem) ? state : null,
      !state && all.length === 0 ? empty("noticesEmpty") : null,
      all.length > count && element("div.actions", {}, button("more", () => {
        count += NOTICES;
        update();
      }, "")),
    );
  };
  return personal(update, load, [top, items, bottom]);
}

/** Whether a notice is of what goes on behind a deal: it is shown, but calls nobody. */
export const isMinor = ({ status }) => !isOfDeal(status) && !isListing(status) && status !== "재고부족" && status !== "판매종료";
