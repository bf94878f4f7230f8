/** What the statuses of a deal mean for the people in it. The domain's words are Korean, also on the wire. */

const RUNNING = "거래진행중";
const WAITING = "예약대기";
const RESERVED = "예약완료";
const CANCELING = "취소요청";
const ON_SALE = "판매중";
const HANDED_OVER = "인계완료";
const COMPLETED = "거래완료";

/** The statuses of a reservation that has not ended. */
const OPEN = [RESERVED, WAITING, RUNNING, HANDED_OVER, CANCELING];
/** The statuses of a deal, without those of its stock. */
const OF_DEAL = [...OPEN, COMPLETED, "거래불가", "예약취소", "예약만료", "거래취소"];

const TONES = {
  [RUNNING]: "accent",
  [HANDED_OVER]: "accent",
  [ON_SALE]: "good",
  [COMPLETED]: "good",
  [RESERVED]: "wait",
  [WAITING]: "wait",
  [CANCELING]: "wait",
  거래불가: "bad",
  예약만료: "bad",
  거래취소: "bad",
  재고부족: "bad",
};

export const BUYER = "구매";
export const SELLER = "판매";

export const tone = (status) => TONES[status] ?? "";

export const isOpen = (status) => OPEN.includes(status);
export const isRunning = (status) => status === RUNNING;
export const isHandedOver = (status) => status === HANDED_OVER;
export const isWaiting = (status) => status === WAITING;
export const isOfDeal = (status) => OF_DEAL.includes(status);
export const isListing = (status) => status === ON_SALE;

export const isSold = ({ status }) => status === COMPLETED;

/** Whether a notice is of what goes on behind a deal, its stock: it is shown, but calls nobody. */
export const isMinor = ({ status = "" }) => status.startsWith("재고") && status !== "재고부족";

export const isOnSale = (trade) => trade.status === ON_SALE || trade.status === RUNNING;

/** Whether the buyer of a deal is shown a code, which the seller asks for. */
export const hasCode = ({ role, status, confirm }) => role === BUYER && status === RUNNING && confirm === "code";

/** Whether the seller can end such a deal. */
export const canCallOff = (status) => [WAITING, RUNNING, HANDED_OVER].includes(status);

export const canChange = (status) => [RESERVED, WAITING, RUNNING].includes(status);

/** How many units of a listing are in no deal, as far as the listing knows. */
export const freeOf = (trade) => Math.max(0, (trade.qty ?? 0) - (trade.held ?? 0) - (trade.sold ?? 0));

/** Returns what happened in a deal, the oldest first: by its notices, and where those are gone, by its row. */
export function timeline(row, notices) {
  const steps = [];
  for (const { reserveid, role, status, createdAt } of notices) {
    if (reserveid !== row.reserveid || role !== row.role || !OF_DEAL.includes(status)) continue;
    if (steps.at(-1)?.status !== status) steps.push({ status, at: createdAt });
  }
  if (steps[0]?.status !== RESERVED) steps.unshift({ status: RESERVED, at: row.createdAt });
  if (steps.at(-1).status !== row.status) steps.push({ status: row.status, at: row.updatedAt });
  return steps;
}

/** Orders notices by the moment they tell of, the oldest first. */
export function byTime(one, other) {
  return one.createdAt < other.createdAt ? -1 : one.createdAt > other.createdAt ? 1 : place(one) - place(other);
}

/** Its place among notices of the same millisecond, from an id like `3-1795728503586-1-s-민지`. */
const place = ({ id }) => Number(id.split("-")[2]) || 0;

/** Returns the deals of a product as they are served: those that run, then the line. */
export function inOrder(rows) {
  const rank = ({ status }) => (status === RUNNING || status === HANDED_OVER ? 0 : 1);
  return [...rows].sort(
    (one, other) => rank(one) - rank(other) || (one.createdAt < other.createdAt ? -1 : 1) || one.reserveid - other.reserveid,
  );
}
