/** What the page knows. It is read when a view asks for it and when a notice says that something happened. */

import { delay, read } from "./market-api.js";
import { byTime, isListing, isOfDeal } from "./market-deals.js";
import { session } from "./market-session.js";

const PAGE = 100;
/** How much of a collection is read at most. */
const MOST_PAGES = 10;
/** How many product cards are read at the same time. */
const AT_ONCE = 4;
/** A deal's row follows its notice by some milliseconds: after which pauses it is asked for. */
const ROW_PAUSES = [60, 150, 400, 1000, 2500];

class Part {
  items = new Map();
  isRead = false;
  problem = null;
  pages = 0;
  total = 0;

  constructor(path, name, keyOf) {
    Object.assign(this, { path, name, keyOf });
  }

  get hasMore() {
    return this.pages * PAGE < this.total && this.pages < MOST_PAGES;
  }

  async read(page) {
    const path = this.path();
    const { item } = await read(`${path}${path.includes("?") ? "&" : "?"}size=${PAGE}&page=${page}`);
    if (path !== this.path()) return; // Somebody else was chosen meanwhile.
    const found = item._embedded?.[this.name] ?? [];
    // What is gone goes. Notices stay: some can have come while these were read.
    if (item.page.totalPages <= 1 && this.name !== "notices") this.items.clear();
    for (const one of found) this.items.set(this.keyOf(one), one);
    this.total = item.page.totalElements;
    this.pages = Math.max(this.pages, page + 1);
  }
}

export const rowKey = ({ reserveid, role }) => `${reserveid}-${role}`;
const encoded = () => encodeURIComponent(session.user);

class Store {
  listings = new Part(() => "trades?sort=id,desc", "trades", ({ id }) => id);
  rows = new Part(() => `mypages/${encoded()}`, "mypages", rowKey);
  notices = new Part(() => `notices?userid=${encoded()}`, "notices", ({ id }) => id);
  products = new Map();
  /** The codes of the person's deals, by reservation; "" is one that is not known yet. */
  codes = new Map();

  /** Notices that came while the page was open. */
  #fresh = new Set();
  /** What notices said of a deal, which its row says a moment later. */
  #told = new Map();
  #listeners = [];
  #isTelling = false;
  #asked = new Set();
  #reading = 0;
  #checking = new Map();

  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** Tells the listeners, once for everything that changes now. */
  changed() {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }

  forget() {
    for (const part of [this.rows, this.notices]) {
      Object.assign(part, { items: new Map(), isRead: false, problem: null, pages: 0, total: 0 });
    }
    for (const kept of [this.products, this.codes, this.#told, this.#checking]) kept.clear();
    this.#fresh.clear();
    this.changed();
  }

  /** Reads a part's first page, its next one or all. What went wrong is kept in the part. */
  async load(part, { all = false, more = false } = {}) {
    if (part !== this.listings && !session.user) return;
    part.problem = null;
    this.changed();
    try {
      await part.read(more ? part.pages : 0);
      while (all && part.hasMore) await part.read(part.pages);
      part.isRead = true;
    } catch (problem) {
      part.problem = problem;
    }
    this.changed();
  }

  /** The deals of the person in a role, with the status that is known last. */
  deals(role) {
    const found = [...this.rows.items.values()].filter((row) => row.role === role);
    return found.map((row) => {
      const told = this.#told.get(rowKey(row));
      if (!told || told.at < row.updatedAt) return row;
      // When it ends by itself, its row has still to say.
      return { ...row, status: told.status, updatedAt: told.at, until: told.at > row.updatedAt ? undefined : row.until };
    });
  }

  /** The listings, the newest first, each with what its product card says. */
  get trades() {
    const found = [...this.listings.items.values()].sort((one, other) => other.id - one.id);
    return found.map((trade) => {
      const card = this.products.get(trade.productid);
      if (card?.tradeid !== trade.id) return trade;
      return { ...trade, productname: card.productname, price: card.price, status: card.tradeStatus ?? trade.status, card };
    });
  }

  get news() {
    return [...this.notices.items.values()].sort(byTime);
  }

  isFresh(notice) {
    return this.#fresh.has(notice.id);
  }

  /** Takes a notice that came by itself, and reads what it is about. Returns whether it is new. */
  take(notice) {
    if (this.notices.items.has(notice.id)) return false;
    this.notices.items.set(notice.id, notice);
    this.#fresh.add(notice.id);
    if (notice.reserveid) {
      const key = rowKey(notice);
      if (isOfDeal(notice.status)) this.#told.set(key, { status: notice.status, at: notice.createdAt });
      this.#checkRow(key, notice.createdAt);
    }
    if (notice.tradeid && isListing(notice.status) && !this.listings.items.has(notice.tradeid)) {
      this.load(this.listings);
    }
    this.askProduct(notice.productid);
    this.changed();
    return true;
  }

  readNotices() {
    this.#fresh.clear();
    this.changed();
  }

  /** Reads the deals again until the row of one is as new as the notice of it. */
  async #checkRow(key, at) {
    const isChecking = this.#checking.has(key);
    this.#checking.set(key, at);
    if (isChecking) return;
    for (const pause of ROW_PAUSES) {
      await delay(pause);
      await this.load(this.rows);
      const wanted = this.#checking.get(key);
      if (!wanted || this.rows.items.get(key)?.updatedAt >= wanted) break;
    }
    this.#checking.delete(key);
  }

  /** Reads a product's card. Many are read a few at a time. */
  askProduct(productid) {
    this.#asked.add(productid);
    this.#readProducts();
  }

  needProduct(productid) {
    if (!this.products.has(productid) && !this.#asked.has(productid)) this.askProduct(productid);
  }

  async readCode(reserveid) {
    const { codes } = this;
    codes.set(reserveid, codes.get(reserveid) ?? "");
    try {
      const { item } = await read(`reserves/${reserveid}/code`);
      if (codes.has(reserveid)) codes.set(reserveid, item.code);
    } catch {
      // It is read again with the view.
    }
    this.changed();
  }

  async #readProducts() {
    if (this.#reading >= AT_ONCE) return;
    this.#reading += 1;
    // A notice seldom comes alone: one read is for all of them.
    await delay(20);
    for (const productid of this.#asked) {
      this.#asked.delete(productid);
      const asking = session.user;
      try {
        const { item } = await this.readProduct(productid);
        if (asking === session.user) this.products.set(productid, item);
      } catch (problem) {
        // The listing says most of it. What is missing is read when it is asked for again.
        if (problem.status === 404) this.products.set(productid, {});
      }
      this.changed();
    }
    this.#reading -= 1;
  }

  readProduct(productid) {
    const who = session.needsToken || !session.user ? "" : `?userid=${encoded()}`;
    return read(`products/${productid}${who}`);
  }
}

export const store = new Store();
