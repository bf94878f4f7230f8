import { makeLanguage } from "./language.js";

/** What the server says to do, in Korean. */
const REMEDIES = [
  [/^restore the stream, or delete (.+) to read it again from its start$/, "스트림을 되살리거나, $1 키를 지워 처음부터 다시 읽게 하세요."],
  [/^read everything, then set an earlier last id: (.+)$/, "모두 읽게 한 뒤 더 이른 마지막 번호를 정하세요: $1"],
  [/^move the key away: (.+)$/, "그 키를 다른 이름으로 옮기세요: $1"],
  [/^grant it, as (.+) does$/, "$1처럼 권한을 주세요."],
  [/^fix the cause named in the reason; the rest of the commit is kept in (.+) and is then finished$/, "이유에 적힌 원인을 없애세요. 남은 커밋은 $1에 있다가 마저 끝납니다. 그 키는 지우지 마세요."],
  [/^fix the cause named in the reason, run handover audit, then restart the worker$/, "이유에 적힌 원인을 없애고, handover audit을 돌린 뒤 워커를 다시 시작하세요."],
  [/^fix the cause named in the reason$/, "이유에 적힌 원인을 없애세요."],
  [/^upgrade this worker$/, "이 워커를 새 버전으로 올리세요."],
];

/** What the server says to do about a lane, in the language of the page. */
export function remedy(text) {
  const [pattern, korean] = (language.code === "ko" && REMEDIES.find(([known]) => known.test(text))) || [];
  return pattern ? text.replace(pattern, korean) : text;
}

export const language = await makeLanguage((code) => import(`./operator-${code}.js`));
export const { say } = language;

/** What a failed call means for the operator. */
export function why(error) {
  if (error.code === "redis") return `${say("redisAway")} (${error.message})`;
  if (error.code === "unreachable" || error.code === "broken") return say(error.code);
  const words = language.has(error.code) ? say(error.code) : "";
  return error.message && error.message !== error.code ? [words, error.message].filter(Boolean).join(" ") : words || error.code;
}

/** A word of a group of words; the word itself if it is unknown. */
export const sayOf = (group, key) => say(group)?.[key] ?? key;

/** A moment to the second; with its day unless that is today. */
export function clock(text) {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return text;
  const day = moment.toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(language.code, { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(moment);
}

/** An amount of memory. */
export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
