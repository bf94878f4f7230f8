import { makeLanguage } from "./language.js";

const ko = {
  operations: "운영", skip: "본문으로", sections: "화면", refresh: "새로 고침 간격", every: (s) => `${s}초마다`, paused: "멈춤",
  other: "English", overview: "개요", letters: "데드 레터", deals: "거래", tail: "실시간", audit: "감사", log: "작업 기록",
  well: "모두 정상입니다.", waiting: "처음 상태를 읽고 있습니다.",
  troubled: (parts) => `확인이 필요합니다: ${parts.join(", ")}`,
  halts: (n) => `멈춘 레인 ${n}개`, unheld: (n) => `맡은 워커가 없는 레인 ${n}개`, behind: (n) => `대기 중 ${n}건`,
  dead: (n) => `데드 레터 ${n}건`, awayNodes: (n) => `응답 없는 노드 ${n}개`, troubles: (n) => `문제 ${n}건`,
  updated: (t) => `${t} 기준`, stale: (t) => `${t} 이후 새로 읽지 못했습니다`, isPaused: "새로 고침 멈춤",
  redisAway: "Redis에 연결할 수 없습니다. Redis가 켜져 있는지, HANDOVER_REDIS_URL이 맞는지 확인해 주세요. 연결되면 저절로 이어집니다.",
  unreachable: "handover web에 연결할 수 없습니다. 프로그램이 켜져 있는지 확인해 주세요. 저절로 다시 시도합니다.",
  broken: "응답을 읽을 수 없습니다.",
  countChanged: "그 사이 데드 레터의 수가 바뀌었습니다. 아무것도 하지 않았습니다. 다시 확인해 주세요.",
  otherSite: "브라우저가 이 페이지의 요청임을 밝히지 않았습니다. localhost나 HTTPS로 열어 주세요.",
  tooManyTails: "실시간 보기가 이미 여러 개 열려 있습니다. 하나를 닫아 주세요.", notFound: "찾는 것이 없습니다.",
  auditRuns: "감사가 이미 진행 중입니다.", badQuery: "입력한 값을 확인해 주세요.",
  workers: "워커", worker: "워커", replicas: "복제본", lanes: "레인", lag: "대기 중", rate: "초당 처리", state: "상태", lane: "레인", owner: "담당",
  ok: "정상", isBehind: "밀림", isHalted: "멈춤", isMissing: "담당 없음", away: "응답 없음", nobody: "없음", unknown: "알 수 없음",
  halted: (lane) => `${lane} 레인이 멈춰 있습니다`, reason: "이유", remedy: "할 일", stillHalted: "원인이 풀리면 레인은 저절로 이어집니다.",
  ratesTitle: "초당 처리한 건수", lagTitle: "대기 중인 건수", lastFive: "최근 5분", now: "지금",
  chartText: (title, parts) => `${title}, 최근 5분. ${parts.join(". ")}.`, chartPart: (w, now, top) => `${w} 지금 ${now}, 최고 ${top}`,
  gathering: "잠시 뒤 그래프가 그려집니다.",
  memory: "메모리", used: "사용", ofLimit: (u, l) => `${l} 중 ${u} 사용`, noLimit: (u) => `${u} 사용, 상한 없음`, kind: "키의 종류", size: "크기", share: "비율",
  estimate: "일부 키를 재어 어림한 값입니다.", keys: (n) => `키 ${n}개`, others: "그 밖",
  busyLanes: "밀리거나 담당이 없는 레인", more: (n) => `그 밖에 ${n}개`,
  nodes: "클러스터 노드", node: "노드", shards: "샤드", inlets: "인렛",
  lettersLead: "워커가 처리하지 못해 따로 둔 기록입니다. 고쳐서 다시 보내거나, 필요 없으면 삭제합니다.",
  noLetters: "데드 레터가 없습니다.", all: "전체", filter: "나누어 보기", time: "시각", field: "필드", type: "종류", message: "설명", id: "번호",
  chooseAll: "보이는 것을 모두 고르기", choose: (id) => `${id} 고르기`, older: "이전 것 더 보기", newest: "최신으로", listed: (n, all) => `${all}건 중 ${n}건`,
  chosen: (n) => `${n}건 선택`, rehearse: "시험 실행", replay: "다시 보내기…", drop: "삭제…", allOf: (n) => `이 조건의 ${n}건 모두`,
  readOnly: "읽기 전용입니다. 다시 보내거나 삭제하려면 handover web --allow-actions로 시작하세요.", withActions: "변경할 수 있습니다.",
  letter: (id) => `데드 레터 ${id}`, close: "닫기", cancel: "취소", stream: "스트림", entry: "기록", fields: "필드와 값", value: "값", name: "이름",
  cut: (n) => `${n}바이트 중 일부만 남아 있어 다시 보낼 수 없습니다. 보낸 쪽에서 다시 보내야 합니다.`,
  isEvent: "이미 일어난 일이라 고칠 수 없습니다. 레인에 다시 넘길 수는 있습니다.",
  showPersonal: "개인정보 보기", hiddenNote: "이름과 주소 같은 값은 가려 두었습니다. 보면 작업 기록에 남습니다.", hidden: "가려짐",
  verdict: (p, n) => `${n}건 중 ${p}건이 통과합니다`, whyNot: "통과하지 못하는 것", rehearsing: "시험하고 있습니다…",
  rehearsalNote: "시험 실행은 아무것도 바꾸지 않습니다. 통과한 뒤 결과는 다른 명령과 같이 워커가 정합니다.",
  replayNow: (n) => `${n}건 다시 보내기`, replayTitle: "다시 보내기", dropTitle: "삭제", rehearseTitle: "시험 실행",
  dropAsk: (n) => `데드 레터 ${n}건을 삭제합니다.`, dropNote: "되돌릴 수 없습니다. 읽는 화면에서 빠진 것은 handover rebuild로 먼저 채우세요.", dropNow: (n) => `${n}건 삭제`,
  sent: (n) => `${n}건을 다시 보냈습니다.`, refusedToo: (n) => `${n}건은 남아 있습니다.`, dropped: (n) => `${n}건을 삭제했습니다.`,
  gone: "이미 없어진 데드 레터입니다.", working: "처리하고 있습니다…",
  dealsLead: "예약, 거래, 상품 하나에 일어난 모든 일을 차례로 봅니다. 사용자를 넣으면 그 사람의 거래 목록을 봅니다.",
  what: "무엇을", idOrName: "번호 또는 사용자", reserve: "예약", trade: "거래글", product: "상품", user: "사용자", look: "찾기",
  loading: "읽고 있습니다…", timelineOf: (k, id) => `${k} ${id}에 일어난 일`, since: "간격", by: "누가", happened: "무슨 일", notice: "알림",
  leftOut: (n) => `더 오래된 ${n}건은 줄였습니다.`, dealsOf: (u) => `${u}의 거래`, noDeals: "거래가 없습니다.", role: "역할", buyer: "구매자", seller: "판매자", begun: "예약 시각", goods: "상품 이름",
  nothingHappened: "남아 있는 기록이 없습니다.", newestDeals: (n, all) => `전체 ${all}건 중 최근 ${n}건`,
  tailLead: "모든 샤드에서 지금 일어나는 일입니다. 서버에서 걸러 1초에 200줄까지 보여 줍니다.", start: "보기 시작", stop: "멈추기",
  listening: "기다리고 있습니다. 새로운 일이 생기면 여기에 나타납니다.", tailStopped: "멈춰 있습니다.", omitted: (n) => `${n}줄은 많아서 뺐습니다.`, shard: "샤드", tailTitle: "방금 일어난 일", details: "내용",
  auditLead: "저널을 처음부터 되짚어 저장된 것과 맞는지 봅니다. 읽기만 하므로 운영 중에 해도 됩니다.", auditWait: "쉬는 때를 기다리기", noWait: "기다리지 않음", seconds: (s) => `${s}초까지`,
  auditGo: "감사 시작", running: "진행 중", auditStage: { waiting: "밀린 레인을 기다리는 중", keys: "키를 살피는 중", shards: "저널을 되짚는 중" }, progressOf: (d, a) => `${a} 중 ${d}`,
  neverAudited: "아직 감사하지 않았습니다.", agrees: "모두 맞습니다.", differs: (n) => `어긋난 것 ${n}건`, notAtRest: "운영 중이어서, 쉬는 때에만 맞는 것은 살피지 못했습니다.",
  auditFailed: "감사를 마치지 못했습니다.", findings: "어긋난 것", rule: "규칙", where: "어디", whatToDo: "할 일", repairable: (n) => `handover audit --repair가 ${n}건을 바로잡습니다.`,
  totals: "살펴본 것", unchecked: "살피지 못한 것", notes: "참고", byWhom: (w, t) => `${w}, ${t}`, firstOnes: (n, all) => `${all}건 중 처음 ${n}건`,
  total: { commands: "명령", outcomes: "결과", rejections: "거절", events: "이벤트", finished: "완료된 거래", running: "진행 중", waiting: "대기 중", deadLetters: "데드 레터" },
  fix: {
    command: "그 명령의 워커 로그를 보고, 결과가 없으면 보낸 쪽에서 같은 명령을 다시 보냅니다.", operation: "결과는 하루 뒤 저절로 사라집니다. 그동안 저널을 믿으세요.",
    history: "코드의 문제일 수 있습니다. 저널을 보관하고 개발자에게 알려 주세요.", state: "그 상태의 레인 로그를 확인하고 백업에서 되살릴지 정합니다.", order: "그 상품의 거래 기록을 확인하고 개발자에게 알려 주세요.",
    numbers: "그 상품의 거래 기록과 재고를 확인하고 재고를 조정합니다.", notice: "handover rebuild notices 또는 handover audit --repair", status: "저널이 맞습니다. 상태 스트림을 읽는 쪽에 알려 주세요.",
    mypage: "handover rebuild mypages 또는 handover audit --repair", index: "handover audit --repair", directory: "handover audit --repair",
    lost: "백업에서 스트림을 되살리거나, 잃은 것을 받아들이고 커서를 지웁니다. 운영 문서를 보세요.", unreadable: "그 키를 다른 이름으로 옮기고(RENAME), 누가 썼는지 확인합니다.",
  },
  logLead: "누가 무엇을 보고 바꾸었는지입니다. 하기 전에 한 줄, 한 뒤에 결과 한 줄이 남습니다.", noLog: "아직 기록이 없습니다.", logTitle: "최근 작업", operator: "누가", way: "어디서", action: "무엇을", subject: "대상", change: "바꾼 것", result: "결과",
  actions: { show: "개인정보 보기", replay: "다시 보내기", drop: "삭제", audit: "감사", repair: "복구", rebuild: "다시 만들기", balance: "샤드 옮기기" }, ways: { web: "웹", cli: "명령줄" },
  signedIn: (n) => `${n}(으)로 보고 있습니다.`, tryAgain: "다시 시도",
  ratesNone: "아직 없음", perSecond: (n) => `${n}/초`,
};

const en = {
  operations: "Operations", skip: "Skip to content", sections: "Sections", refresh: "Refresh", every: (s) => `every ${s} s`, paused: "paused",
  other: "한국어", overview: "Overview", letters: "Dead letters", deals: "Deals", tail: "Tail", audit: "Audit", log: "Log",
  well: "All is well.", waiting: "Reading the state for the first time.",
  troubled: (parts) => `Needs a look: ${parts.join(", ")}`,
  halts: (n) => `${n} halted ${n === 1 ? "lane" : "lanes"}`, unheld: (n) => `${n} ${n === 1 ? "lane" : "lanes"} nobody holds`, behind: (n) => `${n} entries behind`,
  dead: (n) => `${n} dead ${n === 1 ? "letter" : "letters"}`, awayNodes: (n) => `${n} ${n === 1 ? "node is" : "nodes are"} away`, troubles: (n) => `${n} ${n === 1 ? "trouble" : "troubles"}`,
  updated: (t) => `as of ${t}`, stale: (t) => `nothing new since ${t}`, isPaused: "refresh paused",
  redisAway: "Redis cannot be reached. See that it runs and that HANDOVER_REDIS_URL is right. The page goes on by itself once it is back.",
  unreachable: "handover web cannot be reached. See that it runs. The page tries again by itself.",
  broken: "The answer cannot be read.",
  countChanged: "The number of dead letters has changed meanwhile, so nothing was done. Look again.",
  otherSite: "The browser did not say that this page made the call. Open it by localhost or HTTPS.",
  tooManyTails: "Several tails are open already. Close one of them.", notFound: "There is no such thing.",
  auditRuns: "An audit is running already.", badQuery: "See what you entered.",
  workers: "Workers", worker: "worker", replicas: "replicas", lanes: "lanes", lag: "behind", rate: "per second", state: "state", lane: "lane", owner: "held by",
  ok: "well", isBehind: "behind", isHalted: "halted", isMissing: "nobody", away: "away", nobody: "nobody", unknown: "unknown",
  halted: (lane) => `Lane ${lane} stands still`, reason: "because", remedy: "what to do", stillHalted: "The lane goes on by itself once the cause is removed.",
  ratesTitle: "Entries per second", lagTitle: "Entries behind", lastFive: "last five minutes", now: "now",
  chartText: (title, parts) => `${title}, last five minutes. ${parts.join(". ")}.`, chartPart: (w, now, top) => `${w} ${now} now, ${top} at most`,
  gathering: "The lines begin in a moment.",
  memory: "Memory", used: "used", ofLimit: (u, l) => `${u} of ${l} used`, noLimit: (u) => `${u} used, no limit set`, kind: "kind of key", size: "size", share: "share",
  estimate: "Estimated from a sample of keys.", keys: (n) => `${n} keys`, others: "others",
  busyLanes: "Lanes that are behind or held by nobody", more: (n) => `and ${n} more`,
  nodes: "Nodes of the cluster", node: "node", shards: "shards", inlets: "inlets",
  lettersLead: "What workers could not handle and put aside. Correct it and send it again, or drop it.",
  noLetters: "There are no dead letters.", all: "all", filter: "Show only", time: "time", field: "field", type: "type", message: "what is wrong", id: "id",
  chooseAll: "Choose all that are shown", choose: (id) => `Choose ${id}`, older: "Older ones", newest: "Newest", listed: (n, all) => `${n} of ${all}`,
  chosen: (n) => `${n} chosen`, rehearse: "Dry run", replay: "Replay…", drop: "Drop…", allOf: (n) => `All ${n} of these`,
  readOnly: "Read-only. Start handover web with --allow-actions to replay and drop.", withActions: "Actions are allowed.",
  letter: (id) => `Dead letter ${id}`, close: "Close", cancel: "Cancel", stream: "stream", entry: "entry", fields: "Fields", value: "value", name: "name",
  cut: (n) => `Only a part of its ${n} bytes was kept, so it cannot be replayed. Its sender has to send it again.`,
  isEvent: "It is an event: what has happened cannot be corrected. It can be handed back to its lane.",
  showPersonal: "Show personal data", hiddenNote: "Names, addresses and the like are hidden. Showing them is written to the log.", hidden: "hidden",
  verdict: (p, n) => `${p} of ${n} would pass`, whyNot: "What would not pass", rehearsing: "Trying…",
  rehearsalNote: "A dry run changes nothing. What becomes of those that pass, the worker decides as for any command.",
  replayNow: (n) => `Replay ${n}`, replayTitle: "Replay", dropTitle: "Drop", rehearseTitle: "Dry run",
  dropAsk: (n) => `Drop ${n} dead ${n === 1 ? "letter" : "letters"}.`, dropNote: "This cannot be undone. What read models lack, handover rebuild makes up for: do that first.", dropNow: (n) => `Drop ${n}`,
  sent: (n) => `${n} sent again.`, refusedToo: (n) => `${n} stay dead letters.`, dropped: (n) => `${n} dropped.`,
  gone: "That dead letter is gone already.", working: "Working…",
  dealsLead: "Everything that happened to one reservation, listing or product, in order. For a user, the list of their deals.",
  what: "What", idOrName: "Id, or user", reserve: "reservation", trade: "listing", product: "product", user: "user", look: "Look",
  loading: "Reading…", timelineOf: (k, id) => `What happened to ${k} ${id}`, since: "since", by: "by", happened: "what", notice: "notice",
  leftOut: (n) => `${n} older lines are left out.`, dealsOf: (u) => `Deals of ${u}`, noDeals: "There are no deals.", role: "role", buyer: "buyer", seller: "seller", begun: "reserved at", goods: "goods",
  nothingHappened: "Nothing of it is on record any more.", newestDeals: (n, all) => `the newest ${n} of ${all}`,
  tailLead: "What happens on all shards right now. Filtered by the server, which shows up to 200 lines a second.", start: "Start", stop: "Stop",
  listening: "Listening. What happens next appears here.", tailStopped: "Stopped.", omitted: (n) => `${n} lines were left out.`, shard: "shard", tailTitle: "What has just happened", details: "details",
  auditLead: "Replays the journals and compares them with what is stored. It only reads, so the system can run meanwhile.", auditWait: "Wait until it is at rest", noWait: "do not wait", seconds: (s) => `up to ${s} s`,
  auditGo: "Run the audit", running: "running", auditStage: { waiting: "waiting for lanes that are behind", keys: "looking at keys", shards: "replaying journals" }, progressOf: (d, a) => `${d} of ${a}`,
  neverAudited: "No audit has run here yet.", agrees: "Everything agrees.", differs: (n) => `${n} ${n === 1 ? "difference" : "differences"}`, notAtRest: "The system was at work, so what holds only at rest was not checked.",
  auditFailed: "The audit did not get to its end.", findings: "Differences", rule: "rule", where: "where", whatToDo: "what to do", repairable: (n) => `handover audit --repair mends ${n} of them.`,
  totals: "What was looked at", unchecked: "Not checked", notes: "Notes", byWhom: (w, t) => `by ${w}, ${t}`, firstOnes: (n, all) => `the first ${n} of ${all}`,
  total: { commands: "commands", outcomes: "outcomes", rejections: "refused", events: "events", finished: "finished deals", running: "running", waiting: "waiting", deadLetters: "dead letters" },
  fix: {
    command: "See the log of that worker; if there is no outcome, its sender sends the same command again.", operation: "Outcomes go by themselves after a day. Trust the journal meanwhile.",
    history: "Perhaps a defect: keep the journal and tell the developers.", state: "See the log of that lane, and decide whether to restore a back-up.", order: "Look at the product's timeline and tell the developers.",
    numbers: "Look at the product's timeline and stock, and adjust the stock.", notice: "handover rebuild notices, or handover audit --repair", status: "The journal is right. Tell whoever follows the status stream.",
    mypage: "handover rebuild mypages, or handover audit --repair", index: "handover audit --repair", directory: "handover audit --repair",
    lost: "Restore the stream from a back-up, or accept the loss and delete the cursor: see the chapter Operating.", unreadable: "RENAME that key away, and find out who wrote it.",
  },
  logLead: "Who looked at what and changed what. One line before it is done, and one afterwards with what came of it.", noLog: "Nothing has been done yet.", logTitle: "What was done last", operator: "who", way: "where", action: "what", subject: "about", change: "change", result: "result",
  actions: { show: "show personal data", replay: "replay", drop: "drop", audit: "audit", repair: "repair", rebuild: "rebuild", balance: "balance" }, ways: { web: "web", cli: "command line" },
  signedIn: (n) => `You are ${n}.`, tryAgain: "Try again",
  ratesNone: "not yet", perSecond: (n) => `${n}/s`,
};

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

export const language = makeLanguage({ ko, en });
export const { say } = language;

/** What a failed call means for the operator. */
export function why(error) {
  if (error.code === "redis") return `${say("redisAway")} (${error.message})`;
  if (error.code === "unreachable" || error.code === "broken") return say(error.code);
  const words = error.code in ko ? say(error.code) : "";
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
