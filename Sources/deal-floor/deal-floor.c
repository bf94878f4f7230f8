// The floor of a whole deal: the least that five workers and their doors must do to Redis, by hand in C, on
// one thread and with the same guarantees. What a batch decides is one script call behind the lease, the
// cursors move with it, and what belongs to users is written before it, so that it can be written twice.
//
// It writes what the workers write, with the same keys and fields: the journal, the records that REST and my
// page read, notices, status updates, outcomes, indices, timers, the directory. It reads what they read: each
// of the five reads the journal. What it leaves out is everything else: it checks nothing that it is told,
// answers nobody, knows one course of a deal, and keeps its states in arrays.
//
//   deal-floor SOCKET [DEALS=20000] [PRODUCTS=1000] [BATCH=256] [SHARDS=8]      (wipes that Redis)
//
// Prints one line of JSON: deals a second, the CPU time of Redis and its own in µs a deal, and the memory of
// a finished deal in bytes.
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// As the benchmark of whole deals: so many reservations wait for a decision, and so many pass a door at once.
enum { WINDOW = 2000, DOOR = 500 };
// More words than this cannot be in one command of a script.
enum { MOST_BATCH = 1024, MOST_SHARDS = 64, TEXT = 16 << 20, WORDS = 1 << 18 };
enum { BUYERS = 777, SELLERS = 97 };

enum worker { RESERVATION, TRADE, STOCK, NOTIFICATION, MYPAGE, WORKERS };
static const char *const WORKER[WORKERS] = {"reservation", "trade", "stock", "notification", "mypage"};
// The workers that have commands of their own here.
static int has_commands(enum worker w) { return w <= TRADE; }

enum type { RESERVED, STARTED, HELD, COMPLETED, DECREASED, RESERVE, HANDOVER, TYPES };
static const char *const TYPE[TYPES] = {
  "ReserveCompleted", "TradeStarted", "StockHeld", "TradeCompleted", "StockDecreased", "Reserve", "Handover",
};
static const char *const STATUS[] = {"예약완료", "거래진행중", "재고확보", "거래완료", "재고감소"};
static const char *const GOODS = "애플워치", *const PLACE = "서울특별시 서초구 방배동";
static const char *const DATE = "2024-04-04";
// Times that nobody waits for.
static const char *const DUE = "2026-12-01T15:00:00.000Z", *const REMINDER = "2027-01-26T11:51:22.999Z";
static const char *const DUE_TIME = "1796137200000", *const DAY = "86400000";

// Takes all commands as one packed word, like that of the workers.
static const char *const COMMIT =
  "local call,unpack=redis.call,cmsgpack.unpack_limit\n"
  "if call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED') end\n"
  "local function one(next,...) call(...) return next end\n"
  "local next,count=0\n"
  "while next>=0 do\n"
  "  next,count=unpack(ARGV[2],1,next)\n"
  "  next=one(unpack(ARGV[2],count,next))\n"
  "end\n"
  "return call('PEXPIRE',KEYS[1],60000)";

static redisContext *redis;
static char commit_sha[41];
static long deals = 20000, products = 1000, batch = 256, shards = 8;

static void fail(const char *why) {
  fprintf(stderr, "deal-floor: %s\n", why);
  exit(1);
}

static void *room(size_t count, size_t size) {
  void *new = calloc(count, size);
  if (!new) fail("no memory");
  return new;
}

// MARK: Commands and replies

// The words of the command that is being made.
static char *text;
static const char **word;
static size_t *length;
static size_t used, words, owed;

// The commands of the commit that is being made, packed: of each the number of its words, and these.
static char *packed;
static size_t packed_used, packed_words, packed_from;
static int is_packing;

static void pack(const char *value, size_t size) {
  if (packed_used + size + 3 > TEXT || size > UINT16_MAX) fail("a batch is too large");
  if (size < 32) {
    packed[packed_used++] = 0xa0 | size;
  } else {
    packed[packed_used++] = 0xda;
    packed[packed_used++] = size >> 8;
    packed[packed_used++] = size;
  }
  memcpy(packed + packed_used, value, size);
  packed_used += size;
  packed_words++;
}

static void put(const char *value) {
  size_t size = strlen(value);
  if (is_packing) {
    pack(value, size);
    return;
  }
  if (words == WORDS || used + size + 1 > TEXT) fail("a batch is too large");
  memcpy(text + used, value, size + 1);
  word[words] = text + used;
  length[words++] = size;
  used += size + 1;
}

__attribute__((format(printf, 1, 2))) static void putf(const char *format, ...) {
  char made[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(made, sizeof made, format, list);
  va_end(list);
  put(made);
}

static void field(const char *name, const char *value) {
  put(name);
  put(value);
}

static void number(const char *name, long value) {
  put(name);
  putf("%ld", value);
}

static void key(int shard, const char *name) { putf("{%d}:%s", shard, name); }
static void key_of(int shard, const char *name, long id) { putf("{%d}:%s:%ld", shard, name, id); }

// Begins a command of the commit.
static void begin(const char *verb) {
  is_packing = 1;
  packed_from = packed_used;
  packed_used += 3;
  packed_words = 0;
  put(verb);
}

// Ends it, and fills in its number of words.
static void end(void) {
  is_packing = 0;
  packed[packed_from] = 0xcd;
  packed[packed_from + 1] = packed_words >> 8;
  packed[packed_from + 2] = packed_words;
}

// Ends it, unless it would change nothing: then it never was.
static void end_if(int changes) {
  end();
  if (!changes) packed_used = packed_from;
}

static void send(void) {
  redisAppendCommandArgv(redis, words, word, length);
  owed++;
  used = words = 0;
}

static redisReply *must(redisReply *reply) {
  if (!reply) fail(redis->errstr);
  if (reply->type == REDIS_REPLY_ERROR) fail(reply->str);
  return reply;
}

static redisReply *receive(void) {
  void *reply = NULL;
  owed--;
  return must(redisGetReply(redis, &reply) == REDIS_OK ? reply : NULL);
}

// Waits for the replies to everything that was sent.
static void finish(void) {
  while (owed) freeReplyObject(receive());
}

// MARK: Entries

struct entry {
  const char *position, *commandid;
  enum type type;
  long reservation, product;
};

// What a worker has read of a stream: its last position, and how many entries that were.
struct cursor {
  char position[32];
  long count;
};
enum { EVENTS, COMMANDS, STREAMS };
static struct cursor (*cursors)[WORKERS][STREAMS];

static void stream_key(int shard, enum worker w, int stream) {
  if (stream == EVENTS) key(shard, "events");
  else putf("{%d}:%s.commands", shard, WORKER[w]);
}

static const char *value(redisReply *fields, const char *name) {
  for (size_t i = 0; i + 1 < fields->elements; i += 2)
    if (!strcmp(fields->element[i]->str, name)) return fields->element[i + 1]->str;
  return "";
}

static struct entry parse(redisReply *reply) {
  redisReply *fields = reply->element[1];
  struct entry entry = {.position = reply->element[0]->str, .commandid = value(fields, "commandid")};
  while (entry.type < TYPES && strcmp(value(fields, "type"), TYPE[entry.type])) entry.type++;
  int is_own = entry.type == RESERVE || entry.type == RESERVED;
  entry.reservation = atol(value(fields, is_own ? "id" : "reserveid"));
  entry.product = atol(value(fields, "productid"));
  return entry;
}

// The batch that a worker is at: the entries it has read, and the reply that holds their texts.
static struct entry *entries;
static size_t count;
static redisReply *reading;

// Reads a worker's next batch, and moves its cursors past it. Returns the number of entries.
static size_t read_batch(int shard, enum worker w) {
  int streams = has_commands(w) ? STREAMS : 1;
  put("XREAD");
  number("COUNT", batch);
  put("STREAMS");
  for (int i = 0; i < streams; i++) stream_key(shard, w, i);
  for (int i = 0; i < streams; i++) put(cursors[shard][w][i].position);
  send();
  if (reading) freeReplyObject(reading);
  reading = receive();
  count = 0;
  for (size_t i = 0; reading->type == REDIS_REPLY_ARRAY && i < reading->elements; i++) {
    redisReply *stream = reading->element[i], *found = stream->element[1];
    for (size_t k = 0; k < found->elements; k++) entries[count++] = parse(found->element[k]);
    struct cursor *at = &cursors[shard][w][strstr(stream->element[0]->str, ".commands") ? COMMANDS : EVENTS];
    snprintf(at->position, sizeof at->position, "%s", entries[count - 1].position);
    at->count += found->elements;
  }
  return count;
}

// Adds the cursors, sends the commit and waits for it.
static void commit(int shard, enum worker w) {
  for (int i = 0; i < (has_commands(w) ? STREAMS : 1); i++) {
    struct cursor at = cursors[shard][w][i];
    begin("XGROUP");
    put("SETID");
    stream_key(shard, w, i);
    field(WORKER[w], at.position);
    number("ENTRIESREAD", at.count);
    end();
    begin("HSET");
    putf("{%d}:cursor:%s", shard, WORKER[w]);
    stream_key(shard, w, i);
    putf("%s %ld", at.position, at.count);
    end();
  }
  field("EVALSHA", commit_sha);
  put("1");
  putf("{%d}:lease:%s", shard, WORKER[w]);
  put("me");
  word[words] = packed;
  length[words++] = packed_used;
  packed_used = 0;
  send();
  finish();
}

// Entries of a batch that one command writes: `leads` says whether an entry is the first with its key,
// `following` which is the next one, plus one; 0 after the last.
static size_t *following, *first_of;
static char *leads;

static void group(const struct entry *some, size_t some_count, long (*key)(const struct entry *)) {
  for (size_t i = some_count; i-- > 0;) {
    following[i] = first_of[key(&some[i])];
    first_of[key(&some[i])] = i + 1;
  }
  for (size_t i = 0; i < some_count; i++) leads[i] = first_of[key(&some[i])] == i + 1;
  for (size_t i = 0; i < some_count; i++) first_of[key(&some[i])] = 0;
}

static long by_reservation(const struct entry *e) { return e->reservation; }
static long by_thousand(const struct entry *e) { return e->reservation / 1000; }
static long by_product(const struct entry *e) { return e->product; }
static long by_buyer(const struct entry *e) { return (e->reservation - 1) % BUYERS; }
static long by_seller(const struct entry *e) { return e->product % SELLERS; }

// Takes the entries of a type into `chosen`. Returns their number.
static struct entry *chosen;
static size_t choose(enum type type) {
  size_t number = 0;
  for (size_t i = 0; i < count; i++)
    if (entries[i].type == type) chosen[number++] = entries[i];
  return number;
}

// MARK: What deals and products are at

struct product {
  int shard;
  // Units of the listing, and how many of them the record in Redis says are held.
  long held, sold, written;
  // Units of the stock, and how many are sold that it still has to give out.
  long onhand, onhold, owed, version;
};
static struct product *at;
// The position of each reservation in the journal.
static char (*arrived)[32];
static long asked, held, ended;

static void buyer(const struct entry *e) { putf("user%ld", by_buyer(e)); }
static void seller(long product) { putf("seller%ld", product % SELLERS); }

// Returns a packed listing.
static const char *listing(long product) {
  static char made[512];
  snprintf(
    made, sizeof made,
    "id\t%ld\tproductid\t%ld\tuserid\tseller%ld\tproductname\t%s\tqty\t%ld\tprice\t50000\tstatus\t%s\t"
    "held\t%ld\tsold\t%ld\tremindAt\t%s",
    product, product, product % SELLERS, GOODS, deals / products + 1, at[product].held ? "거래진행중" : "판매중",
    at[product].held, at[product].sold, REMINDER);
  return made;
}

// What events of a deal begin with.
static void event(int shard, enum type type, const struct entry *e) {
  begin("XADD");
  key(shard, "events");
  put("*");
  field("type", TYPE[type]);
  number("reserveid", e->reservation);
  number("productid", e->product);
  put("userid");
  buyer(e);
  field("productname", GOODS);
  field("qty", "1");
  number("tradeid", e->product);
  put("seller");
  seller(e->product);
}

// The outcome of a command, for a day.
static void outcome(int shard, const struct entry *e, enum type type, const char *result) {
  begin("SET");
  putf("{%d}:operation:%s", shard, e->commandid);
  putf("%016lx accepted\t%s\t%s", e->reservation, TYPE[type], result);
  field("PX", DAY);
  end();
}

// Asks whether the commands of a batch are known.
static void ask_operations(int shard, const struct entry *commands, size_t number) {
  if (!number) return;
  put("MGET");
  for (size_t i = 0; i < number; i++) putf("{%d}:operation:%s", shard, commands[i].commandid);
  send();
}

// MARK: The workers

static void reservation_fields(const struct entry *e) {
  number("id", e->reservation);
  number("productid", e->product);
  put("userid");
  buyer(e);
  field("productname", GOODS);
  field("qty", "1");
  field("reserveDt", DATE);
  field("address", PLACE);
  field("price", "50000");
}

// Is a reservation new, is its command, has one with its id left for the archive?
static void ask_reservations(int shard) {
  size_t number = choose(RESERVE);
  for (size_t i = 0; i < number; i++) {
    put("HGETALL");
    key_of(shard, "reserve", chosen[i].reservation);
    send();
  }
  ask_operations(shard, chosen, number);
  group(chosen, number, by_thousand);
  for (size_t i = 0; i < number; i++) {
    if (!leads[i]) continue;
    put("HMGET");
    key_of(shard, "archived:reserve", by_thousand(&chosen[i]));
    for (size_t k = i + 1; k; k = following[k - 1]) putf("%ld", chosen[k - 1].reservation);
    send();
  }
  finish();
}

static void reserve(int shard, const struct entry *e) {
  char result[512];
  snprintf(
    result, sizeof result,
    "id\t%ld\tproductid\t%ld\tuserid\tuser%ld\tproductname\t%s\tqty\t1\treserveDt\t%s\tprice\t50000\t"
    "status\t%s",
    e->reservation, e->product, by_buyer(e), GOODS, DATE, STATUS[RESERVED]);
  outcome(shard, e, RESERVED, result);
  begin("HSET");
  key_of(shard, "reserve", e->reservation);
  reservation_fields(e);
  field("status", STATUS[RESERVED]);
  end();
  begin("XADD");
  key(shard, "events");
  put("*");
  field("type", TYPE[RESERVED]);
  reservation_fields(e);
  field("status", STATUS[RESERVED]);
  field("commandid", e->commandid);
  end();
}

static size_t reservations(int shard) {
  if (!read_batch(shard, RESERVATION)) return 0;
  ask_reservations(shard);
  for (size_t i = 0; i < count; i++) {
    const struct entry *e = &entries[i];
    if (e->type == RESERVE) {
      reserve(shard, e);
    } else if (e->type == STARTED) {
      begin("HSET");
      key_of(shard, "reserve", e->reservation);
      number("tradeid", e->product);
      put("seller");
      seller(e->product);
      field("status", STATUS[STARTED]);
      field("until", DUE);
      end();
    } else if (e->type == COMPLETED) {
      begin("HSET");
      key_of(shard, "reserve", e->reservation);
      field("status", STATUS[COMPLETED]);
      field("endedAt", DUE);
      end();
      begin("HDEL");
      key_of(shard, "reserve", e->reservation);
      put("until");
      end();
    }
  }
  size_t number = choose(RESERVE);
  if (number) {
    begin("ZADD");
    key(shard, "reserves");
    for (size_t i = 0; i < number; i++) {
      putf("%ld", chosen[i].reservation);
      putf("%ld", chosen[i].reservation);
    }
    end();
  }
  number = choose(COMPLETED);
  if (number) {
    begin("ZADD");
    key(shard, "ended:reserve");
    for (size_t i = 0; i < number; i++) {
      put(DUE_TIME);
      putf("ended:%ld:%ld:%s", chosen[i].reservation, chosen[i].product, DUE_TIME);
    }
    end();
  }
  commit(shard, RESERVATION);
  return count;
}

static void running(const struct entry *e, const char *phase) {
  putf("running:%ld", e->reservation);
  putf(
    "phase\t%s\tarrived\t%s\treserveDt\t%s\toffer\t50000\treserveid\t%ld\tproductid\t%ld\tuserid\tuser%ld\t"
    "productname\t%s\tqty\t1\ttradeid\t%ld\tseller\tseller%ld\tuntil\t%s",
    phase, arrived[e->reservation], DATE, e->reservation, e->product, by_buyer(e), GOODS, e->product,
    by_seller(e), DUE);
}

// Decides one entry: its event and its outcome.
static void trade(int shard, const struct entry *e) {
  struct product *product = &at[e->product];
  if (e->type == RESERVED) {
    snprintf(arrived[e->reservation], sizeof arrived[0], "%s", e->position);
    product->held++;
    event(shard, STARTED, e);
    field("until", DUE);
    field("status", STATUS[STARTED]);
    end();
  } else if (e->type == HANDOVER) {
    product->held--;
    product->sold++;
    product->owed++;
    outcome(shard, e, COMPLETED, listing(e->product));
    event(shard, COMPLETED, e);
    field("status", STATUS[COMPLETED]);
    field("commandid", e->commandid);
    end();
  } else if (e->type == DECREASED) {
    product->owed--;
  }
}

// Writes a product's state, once for all entries of a batch that changed it.
static void write_product(int shard, size_t first) {
  long id = entries[first].product;
  struct product *product = &at[id];
  int has_sold = 0, has_less = 0, has_moved = 0;
  begin("HSET");
  key_of(shard, "product", id);
  for (size_t k = first + 1; k; k = following[k - 1]) {
    const struct entry *e = &entries[k - 1];
    has_sold |= e->type == HANDOVER;
    has_less |= e->type == DECREASED;
    has_moved |= e->type == HANDOVER || e->type == RESERVED;
    if (e->type == RESERVED || e->type == HELD) running(e, e->type == HELD ? "held" : "starting");
  }
  if (has_moved) field("listing", listing(id));
  if (has_less) number("onhand", product->onhand);
  if (product->owed && (has_sold || has_less)) number("owed", product->owed);
  end_if(packed_words > 2);
  if (has_sold || (has_less && !product->owed)) {
    begin("HDEL");
    key_of(shard, "product", id);
    for (size_t k = first + 1; k; k = following[k - 1])
      if (entries[k - 1].type == HANDOVER) putf("running:%ld", entries[k - 1].reservation);
    if (!product->owed) put("owed");
    end();
  }
  if (!has_moved) return;
  begin("HSET");
  key_of(shard, "trade", id);
  number("held", product->held);
  if (has_sold) number("sold", product->sold);
  if (!product->held != !product->written) field("status", product->held ? "거래진행중" : "판매중");
  product->written = product->held;
  end();
}

static void timers(int shard, const char *verb, enum type type) {
  size_t number = choose(type);
  if (!number) return;
  begin(verb);
  key(shard, "timers");
  for (size_t i = 0; i < number; i++) {
    if (type == RESERVED) put(DUE_TIME);
    putf("expiry:%ld:%ld:%s", chosen[i].reservation, chosen[i].product, DUE_TIME);
  }
  end();
}

static size_t trades(int shard) {
  if (!read_batch(shard, TRADE)) return 0;
  ask_operations(shard, chosen, choose(HANDOVER));
  finish();
  for (size_t i = 0; i < count; i++) trade(shard, &entries[i]);
  group(entries, count, by_product);
  for (size_t i = 0; i < count; i++)
    if (leads[i]) write_product(shard, i);
  timers(shard, "ZADD", RESERVED);
  timers(shard, "ZREM", HANDOVER);
  commit(shard, TRADE);
  return count;
}

// What is held and not yet handed over.
static struct entry *handovers;
static size_t handover_count;

static size_t stocks(int shard) {
  if (!read_batch(shard, STOCK)) return 0;
  for (size_t i = 0; i < count; i++) {
    const struct entry *e = &entries[i];
    if (e->type != STARTED && e->type != COMPLETED) continue;
    int holds = e->type == STARTED;
    struct product *product = &at[e->product];
    product->onhold += holds ? 1 : -1;
    if (holds) {
      handovers[handover_count++] = *e;
      held++;
    } else {
      product->onhand--;
      product->version++;
      ended++;
    }
    event(shard, holds ? HELD : DECREASED, e);
    number("stockid", e->product);
    number("onhand", product->onhand);
    number("onhold", product->onhold);
    if (!holds) number("stockversion", product->version);
    field("status", STATUS[holds ? HELD : DECREASED]);
    end();
  }
  group(entries, count, by_product);
  for (size_t i = 0; i < count; i++) {
    if (!leads[i]) continue;
    enum type last = TYPES;
    int has_less = 0;
    for (size_t k = i + 1; k; k = following[k - 1]) {
      enum type type = entries[k - 1].type;
      has_less |= type == COMPLETED;
      if (type == STARTED || type == COMPLETED) last = type;
    }
    if (last == TYPES) continue;
    struct product *product = &at[entries[i].product];
    begin("HSET");
    key_of(shard, "stock", entries[i].product);
    number("held", product->onhold);
    field("status", STATUS[last == STARTED ? HELD : DECREASED]);
    if (has_less) {
      number("qty", product->onhand);
      number("version", product->version);
    }
    end();
  }
  commit(shard, STOCK);
  return count;
}

// Writes the notices of a batch to one side of its deals, one command for each user.
static void notify(int shard, char role) {
  group(entries, count, role == 'b' ? by_buyer : by_seller);
  for (size_t i = 0; i < count; i++) {
    if (!leads[i]) continue;
    put("HSET");
    if (role == 'b') putf("notices:{user%ld}", by_buyer(&entries[i]));
    else putf("notices:{seller%ld}", by_seller(&entries[i]));
    for (size_t k = i + 1; k; k = following[k - 1]) {
      const struct entry *e = &entries[k - 1];
      char rest[64];
      if (e->type == RESERVED)
        snprintf(rest, sizeof rest, "reserveDt\t%s\treserveid\t%ld", DATE, e->reservation);
      else
        snprintf(rest, sizeof rest, "reserveid\t%ld\ttradeid\t%ld", e->reservation, e->product);
      putf("%d-%s-%c", shard, e->position, role);
      putf(
        "productid\t%ld\tproductname\t%s\tstatus\t%s\tevent\t%s\t%s", e->product, GOODS, STATUS[e->type],
        TYPE[e->type], rest);
    }
    send();
  }
}

static size_t notices(int shard) {
  if (!read_batch(shard, NOTIFICATION)) return 0;
  notify(shard, 'b');
  notify(shard, 's');
  finish();
  for (size_t i = 0; i < count; i++) {
    const struct entry *e = &entries[i];
    begin("XADD");
    key(shard, "status");
    put("*");
    field("type", "StatusUpdated");
    field("event", TYPE[e->type]);
    field("position", e->position);
    field("status", STATUS[e->type]);
    number("productid", e->product);
    number("reserveid", e->reservation);
    if (e->type != RESERVED) number("tradeid", e->product);
    put("userid");
    buyer(e);
    put("seller");
    seller(e->product);
    end();
  }
  begin("LPUSH");
  key(shard, "notices");
  for (size_t i = 0; i < count; i++) {
    putf("%d-%s-b-user%ld", shard, entries[i].position, by_buyer(&entries[i]));
    putf("%d-%s-s-seller%ld", shard, entries[i].position, by_seller(&entries[i]));
  }
  end();
  // Two notices an entry; trimmed after as many more as NoticeKeeping.slack says.
  static long untrimmed[MOST_SHARDS];
  untrimmed[shard] += 2 * count;
  if (untrimmed[shard] >= 250) {
    untrimmed[shard] = 0;
    begin("LTRIM");
    key(shard, "notices");
    field("0", "999");
    end();
    begin("XTRIM");
    key(shard, "status");
    put("MAXLEN");
    field("~", "100000");
    end();
  }
  commit(shard, NOTIFICATION);
  return count;
}

// Adds the rows of a batch to my page of one side of its deals, one command for each user.
static void list_rows(int shard, enum type type) {
  size_t number = choose(type);
  int is_buyer = type == RESERVED;
  group(chosen, number, is_buyer ? by_buyer : by_seller);
  for (size_t i = 0; i < number; i++) {
    if (!leads[i]) continue;
    put("ZADD");
    if (is_buyer) putf("mypage:{user%ld}", by_buyer(&chosen[i]));
    else putf("mypage:{seller%ld}", by_seller(&chosen[i]));
    for (size_t k = i + 1; k; k = following[k - 1]) {
      long reservation = chosen[k - 1].reservation;
      putf("%ld", atol(is_buyer ? chosen[k - 1].position : arrived[reservation]));
      putf("%d:%ld:%s", shard, reservation, is_buyer ? "buyer" : "seller");
    }
    send();
  }
}

static void row(const struct entry *e) {
  // The status of a deal, and those of its reservation, trade and stock.
  static const char *const SIDES[] = {
    "예약완료\treserveStatus\t예약완료",
    "거래진행중\treserveStatus\t예약완료\ttradeStatus\t거래진행중",
    "거래진행중\treserveStatus\t예약완료\ttradeStatus\t거래진행중\tstockStatus\t재고확보",
    "거래완료\treserveStatus\t예약완료\ttradeStatus\t거래완료\tstockStatus\t재고확보",
    "거래완료\treserveStatus\t예약완료\ttradeStatus\t거래완료\tstockStatus\t재고감소",
  };
  char deal[64] = "";
  if (e->type != RESERVED)
    snprintf(deal, sizeof deal, "seller\tseller%ld\ttradeid\t%ld\t", by_seller(e), e->product);
  const char *until = e->type == STARTED || e->type == HELD ? "\tuntil\t2026-12-01T15:00:00.000Z" : "";
  const char *from = e->type == RESERVED ? e->position : arrived[e->reservation];
  putf("%ld", e->reservation);
  putf(
    "position\t%s\tbegun\t%ld\tproductid\t%ld\tproductname\t%s\tqty\t1\tbuyer\tuser%ld\tprice\t50000\t"
    "reserveDt\t%s\taddress\t%s\t%sstatus\t%s%s",
    e->position, atol(from), e->product, GOODS, by_buyer(e), DATE, PLACE, deal, SIDES[e->type], until);
}

static size_t mypages(int shard) {
  if (!read_batch(shard, MYPAGE)) return 0;
  list_rows(shard, RESERVED);
  list_rows(shard, STARTED);
  finish();
  // Only the last row of a reservation is written.
  size_t number = 0;
  group(entries, count, by_reservation);
  for (size_t i = 0; i < count; i++)
    if (!following[i]) chosen[number++] = entries[i];
  group(chosen, number, by_thousand);
  for (size_t i = 0; i < number; i++) {
    if (!leads[i]) continue;
    begin("HSET");
    key_of(shard, "mypage", by_thousand(&chosen[i]));
    for (size_t k = i + 1; k; k = following[k - 1]) row(&chosen[k - 1]);
    end();
  }
  commit(shard, MYPAGE);
  return count;
}

// MARK: The doors

// Buyers reserve: the ids are claimed, then the commands are appended.
static void buyers(void) {
  long until = asked - held >= WINDOW ? asked : asked + DOOR < deals ? asked + DOOR : deals;
  for (long i = asked; i < until; i++) {
    put("SET");
    putf("id:{reserve:%ld}", i + 1);
    putf("%ld reserve-%ld", 1 + i % products, i);
    field("NX", "GET");
    send();
  }
  finish();
  for (long i = asked; i < until; i++) {
    struct entry e = {.reservation = i + 1, .product = 1 + i % products};
    put("XADD");
    key(at[e.product].shard, "reservation.commands");
    put("*");
    field("type", TYPE[RESERVE]);
    reservation_fields(&e);
    put("commandid");
    putf("reserve-%ld", i);
    send();
  }
  finish();
  asked = until;
}

// Sellers hand over what is held.
static void sellers(int shard) {
  for (size_t i = 0; i < handover_count; i++) {
    put("GET");
    putf("id:{trade:%ld}", handovers[i].product);
    send();
  }
  finish();
  for (size_t i = 0; i < handover_count; i++) {
    put("XADD");
    key(shard, "trade.commands");
    put("*");
    field("type", TYPE[HANDOVER]);
    number("id", handovers[i].product);
    number("productid", handovers[i].product);
    number("reserveid", handovers[i].reservation);
    put("commandid");
    putf("handover-%ld", handovers[i].reservation - 1);
    send();
  }
  finish();
  handover_count = 0;
}

// MARK: The measurement

static double info(const char *name) {
  redisReply *reply = must(redisCommand(redis, "INFO"));
  char line[64];
  snprintf(line, sizeof line, "\n%s:", name);
  const char *found = strstr(reply->str, line);
  double number = found ? atof(found + strlen(line)) : 0;
  freeReplyObject(reply);
  return number;
}

static double redis_cpu(void) { return info("used_cpu_user") + info("used_cpu_sys"); }

static double own_cpu(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void set_up(void) {
  put("FLUSHALL");
  send();
  finish();
  for (int shard = 0; shard < shards; shard++)
    for (enum worker w = 0; w < WORKERS; w++) {
      for (int i = 0; i < (has_commands(w) ? STREAMS : 1); i++) {
        snprintf(cursors[shard][w][i].position, sizeof cursors[0][0][0].position, "0-0");
        field("XGROUP", "CREATE");
        stream_key(shard, w, i);
        field(WORKER[w], "0");
        put("MKSTREAM");
        send();
      }
      put("SET");
      putf("{%d}:lease:%s", shard, WORKER[w]);
      put("me");
      field("PX", "60000");
      send();
    }
  for (long id = 1; id <= products; id++) {
    char digits[24];
    uint64_t hash = 0xcbf29ce484222325;
    snprintf(digits, sizeof digits, "%ld", id);
    for (const char *digit = digits; *digit; digit++) hash = (hash ^ (unsigned char)*digit) * 0x100000001b3;
    at[id] = (struct product){.shard = hash % shards, .onhand = deals / products + 1, .version = 1};
    put("SET");
    putf("id:{trade:%ld}", id);
    putf("%ld list-%ld", id, id);
    send();
    put("HSET");
    key_of(at[id].shard, "product", id);
    field("listing", listing(id));
    number("onhand", at[id].onhand);
    send();
    for (int is_stock = 0; is_stock < 2; is_stock++) {
      put("HSET");
      key_of(at[id].shard, is_stock ? "stock" : "trade", id);
      number("id", id);
      number("productid", id);
      put(is_stock ? "seller" : "userid");
      seller(id);
      field("productname", GOODS);
      number("qty", at[id].onhand);
      field("held", "0");
      if (is_stock) {
        field("status", "재고등록");
      } else {
        field("sold", "0");
        field("price", "50000");
        field("status", "판매중");
        field("remindAt", REMINDER);
      }
      send();
    }
  }
  finish();
  field("SCRIPT", "LOAD");
  put(COMMIT);
  send();
  redisReply *sha = receive();
  snprintf(commit_sha, sizeof commit_sha, "%s", sha->str);
  freeReplyObject(sha);
}

// Runs all deals. Returns when the last of them had ended, before its notices and its row.
static double run(void) {
  double end_time = 0;
  for (size_t read = 1; read || ended < deals;) {
    read = 0;
    buyers();
    for (int shard = 0; shard < shards; shard++) {
      read += reservations(shard);
      read += stocks(shard);
      read += trades(shard);
      sellers(shard);
      read += notices(shard);
      read += mypages(shard);
      if (!end_time && ended == deals) end_time = now();
    }
  }
  return end_time;
}

static void check(void) {
  long events = 0;
  for (int shard = 0; shard < shards; shard++) {
    put("XLEN");
    key(shard, "events");
    send();
    redisReply *reply = receive();
    events += reply->integer;
    freeReplyObject(reply);
  }
  if (events != 5 * deals) fail("not every deal has its five events");
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "deal-floor SOCKET [DEALS] [PRODUCTS] [BATCH] [SHARDS]\n");
    return 2;
  }
  long *const numbers[] = {&deals, &products, &batch, &shards};
  for (int i = 2; i < argc && i < 6; i++) *numbers[i - 2] = atol(argv[i]);
  if (deals < 1 || products < 1 || batch < 1 || batch > MOST_BATCH || shards < 1 || shards > MOST_SHARDS)
    fail("a number is out of range");
  redis = redisConnectUnix(argv[1]);
  if (!redis || redis->err) fail(redis ? redis->errstr : "no memory");

  text = room(TEXT, 1);
  packed = room(TEXT, 1);
  word = room(WORDS, sizeof *word);
  length = room(WORDS, sizeof *length);
  cursors = room(shards, sizeof *cursors);
  entries = room(2 * batch, sizeof *entries);
  chosen = room(2 * batch, sizeof *chosen);
  handovers = room(2 * batch, sizeof *handovers);
  following = room(2 * batch, sizeof *following);
  leads = room(2 * batch, sizeof *leads);
  first_of = room(deals + products + BUYERS + SELLERS, sizeof *first_of);
  at = room(products + 1, sizeof *at);
  arrived = room(deals + 1, sizeof *arrived);

  set_up();
  double memory = info("used_memory"), cpu = redis_cpu(), own = own_cpu(), start = now();
  double took = run() - start;
  own = own_cpu() - own;
  cpu = redis_cpu() - cpu;
  memory = info("used_memory") - memory;
  check();
  printf(
    "{\"dealsPerSecond\":%.0f,\"redisMicroseconds\":%.1f,\"ownMicroseconds\":%.1f,\"memoryBytes\":%.0f}\n",
    deals / took, cpu / deals * 1e6, own / deals * 1e6, memory / deals);
  return 0;
}
