/**
 * The market page, put together of:
 *
 * - `market-session.js`: who the person is. `market-words.js`, `market-ko.js`, `market-en.js`: the language.
 * - `market-api.js`: calls of the HTTP interface. `market-live.js`: notices as they happen.
 * - `market-store.js`: what the page knows. `market-deals.js`: what statuses mean.
 * - `market-views.js`, `market-cards.js`: how that looks. `market-actions.js`, `market-form.js`: what one can do.
 * - `dom.js` and `language.js`: shared with the operator's page.
 *
 * Data flows one way: answers and notices change the store, the store tells this file, this file updates the views.
 */

import { chooseWho, sell, toast } from "./market-actions.js";
import { read } from "./market-api.js";
import { byId, element, fill, recall, refill, remember } from "./dom.js";
import { Live } from "./market-live.js";
import { session } from "./market-session.js";
import { store } from "./market-store.js";
import { isMinor } from "./market-deals.js";
import { buyingView, noticesView, saleView, sellingView } from "./market-views.js";
import { say, words } from "./market-words.js";

/** After how long a lost connection is more than a word in the header, in milliseconds. */
const LOST_FOR = 1500;

/** The notices that the person has not seen: those after the last look, which the browser remembers. */
const unread = {
  since: "",
  get memory() {
    return `handover.seen.${session.user}`;
  },
  begin() {
    this.since = recall(this.memory) ?? "";
  },
  has(notice) {
    return !isMinor(notice) && (store.isFresh(notice) || notice.createdAt > this.since);
  },
  get count() {
    return store.news.filter((notice) => this.has(notice)).length;
  },
  clear() {
    const newest = store.news.at(-1)?.createdAt ?? "";
    if (newest > this.since) this.since = newest;
    remember(this.memory, this.since);
    store.readNotices();
  },
};

const views = { sale: saleView, selling: sellingView, buying: buyingView };
const notices = noticesView(unread);
let place = "";
let view;

const live = new Live({
  onState: showConnection,
  onOpen(isReplayed) {
    if (!isReplayed) store.load(store.notices);
    refresh();
  },
  onReset() {
    store.load(store.notices);
    refresh();
  },
  onNotice(notice) {
    if (store.take(notice) && !isMinor(notice)) toast(notice.message);
  },
});

function refresh() {
  if (session.user) store.load(store.rows);
  view.load();
}

function route() {
  const wanted = location.hash.slice(1);
  const next = wanted in views || wanted === "notices" ? wanted : "sale";
  if (next === place) return;
  // Whoever leaves the notices has seen them.
  if (place === "notices") unread.clear();
  const isFirst = place === "";
  place = next;
  document.body.dataset.view = place;
  for (const tab of document.querySelectorAll("nav a")) {
    if (tab.hash === `#${place}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (place in views || !view) {
    view = views[place in views ? place : "sale"]();
    fill(byId("view"), view.root);
  }
  if (place === "notices") notices.load();
  else view.load();
  update();
  if (isFirst) return;
  scrollTo(0, 0);
  byId(place === "notices" ? "notices-title" : "view-title").focus({ preventScroll: true });
}

function update() {
  view.update();
  notices.update();
  const count = session.user ? unread.count : 0;
  byId("view-title").textContent = say(place in views ? place : "sale");
  document.title = `${count > 0 ? `(${count}) ` : ""}${say(place)} · ${say("title")}`;
  const bubble = element("span.count", { "aria-hidden": "true" }, count > 99 ? "99+" : count);
  refill(byId("unread"), [words.code, count], () => count > 0 && [bubble, element("span.unseen", {}, say("unreadCount", count))]);
}

let lostSince = 0;

/** Shows the state of the connection: a word in the header, and once a loss lasts, what it means. */
function showConnection(state = live.state, code) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = state === "off" ? "" : say(`state.${state}`);
  if (state === "lost") {
    lostSince ||= Date.now();
    const text = code === 429 ? "tooManyWindows" : navigator.onLine ? "lost" : "offline";
    const again = element("button.button", { type: "button", onclick: () => live.retry() }, say("retry"));
    const message = () => element("div.message.wait", {}, element("p", {}, say(text)), again);
    const isLong = () => live.state === "lost" && refill(byId("banner"), say(text), message);
    if (Date.now() - lostSince >= LOST_FOR || !navigator.onLine) isLong();
    else setTimeout(isLong, LOST_FOR);
  } else if (state !== "connecting") {
    lostSince = 0;
    refill(byId("banner"), "", () => null);
  }
}

function showWho() {
  const { user } = session;
  const nobody = say(session.needsToken ? "signIn" : "notChosen");
  const face = [element("span.face", { "aria-hidden": "true" }, [...user][0]), element("span.name", {}, user)];
  fill(byId("who"), user ? face : nobody);
  byId("who").setAttribute("aria-label", user ? say("whoNow", user) : nobody);
}

session.onChange((why) => {
  store.forget();
  unread.begin();
  showWho();
  live.follow(session.user);
  if (session.user) store.load(store.notices);
  refresh();
  if (why === "refused") chooseWho(why);
});

words.onChange(() => {
  words.translate();
  showWho();
  showConnection();
  refreshFrame();
  // Notices come in the language of who asks.
  if (session.user) store.load(store.notices);
  live.follow(session.user);
});

function refreshFrame() {
  if (place in views) {
    view = views[place]();
    fill(byId("view"), view.root);
  }
  update();
}

fill(byId("notices"), notices.root);
byId("language").addEventListener("click", () => {
  words.choose(words.code === "ko" ? "en" : "ko").catch(() => toast(say("noAnswer")));
});
byId("who").addEventListener("click", () => chooseWho());
byId("sell").addEventListener("click", sell);
byId("refresh").addEventListener("click", refresh);
addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => {
  // What changed without a notice: prices, days and places, the line.
  if (!document.hidden) refresh();
});
store.onChange(update);

async function begin() {
  words.translate();
  unread.begin();
  showWho();
  route();
  try {
    const { item } = await read("./");
    session.claim = item.userclaim;
    session.needsToken = item.authentication === "required";
  } catch {
    // Whether it asks for tokens, its first 401 says.
    session.needsToken = false;
  }
  showWho();
  live.follow(session.user);
  refresh();
}

begin();
