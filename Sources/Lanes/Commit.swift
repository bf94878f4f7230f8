import Market
import Redis
import Telemetry

/// Everything that one batch changes, applied by one script call: all or nothing.
///
/// Redis isolates scripts but does not roll them back. So the order is: the fence, the batch's changes, the
/// lane's own entries, the cursors, and finally the answers. What can fail is checked before the first write:
/// key types and permissions when the lane is opened, sizes by the client, an open slot by the call itself.
/// If a write fails nevertheless, the script keeps the rest of the commit (see `LaneHalt`), and the lane
/// stands still.
public struct Commit {
  /// Lua functions that run packed commands one after another. `at` is the position of the current one. `last`
  /// is the reply to the latest write; nil only before the first one, as a write can reply with nil.
  static let machine = """
    local call,unpack=redis.call,cmsgpack.unpack_limit
    local first,last,at
    local function one(next,...) last=call(...) or true first=first or last return next end
    local function follow(next,verb,step,...)
      if verb~='XGROUP' then call(verb,step,...)
      elseif redis.pcall(verb,step,...).err then redis.pcall(verb,'CREATE',...) end
      return next
    end
    local function answer(next,...) redis.pcall(...) return next end
    local function run(commands,way)
      local next,count=0
      while next>=0 and #commands>0 do
        at=next
        next,count=unpack(commands,1,next)
        next=way(unpack(commands,count,next))
      end
    end
    local function attempt(parts)
      local part=1
      local isDone,failure=pcall(function()
        run(parts[1],one)
        part,first=2,nil
        run(parts[2],one)
        part=3
        run(parts[3],follow)
      end)
      if isDone then return end
      for i=1,part-1 do parts[i]='' end
      parts[part]=string.sub(parts[part],at+1)
      return type(failure)=='table' and failure.err or tostring(failure)
    end
    """

  /// Runs the commands in order if the lease still holds the token, and extends the lease.
  ///
  /// `KEYS[1]` is the lease; `KEYS[2]` receives the rest of a commit that fails in the middle. In a cluster,
  /// an open slot refuses a call whose second key is missing, before the script starts. `ARGV`: the token,
  /// the lease's time in ms, and, as `PackedCommands`, the commands, the entries for a stream that the lane
  /// reads itself, the cursors, and the answers. Returns the positions of the first and the last of these
  /// entries, if there are any.
  ///
  /// If the lane has read all of that stream, more `ARGV` follow: the stream, the lane's position on it, the
  /// cursors' key, the group, and how many entries the group will have read including the new ones. If nobody
  /// else appended in between, the cursor moves past the new ones; then only the last position is returned.
  ///
  /// Errors: `FENCED`: another owner has the lane. `REFUSED`: the first write failed, so nothing was changed.
  /// `HALTED`: a later write failed, and the rest is kept.
  ///
  /// The lease is extended first: Redis allows this write even when it is out of memory, and then lets the
  /// rest of the script through. So a full Redis finishes what it has accepted. The groups only follow the
  /// cursors, so they cannot fail a commit, and a deleted group is created again. An answer that cannot be
  /// delivered changes nothing.
  static let script = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED another owner has the lane') end
    \(machine)
    call('PEXPIRE',KEYS[1],ARGV[2])
    local stream,position,cursors,group,read=ARGV[7],ARGV[8],ARGV[9],ARGV[10],ARGV[11]
    local after=stream and redis.pcall('XRANGE',stream,'('..position,'+','COUNT',1)
    local alone=after and not after.err and #after==0
    local parts={ARGV[3],ARGV[4],ARGV[5]}
    local failure=attempt(parts)
    if failure and not last then return redis.error_reply('REFUSED '..failure) end
    if failure then
      call('HSET',KEYS[2],'reason',failure,'body',parts[1],'own',parts[2],'cursors',parts[3])
      return redis.error_reply('HALTED '..failure)
    end
    local own={first,first and last}
    if alone then
      own={last}
      follow(0,'XGROUP','SETID',stream,group,last,'ENTRIESREAD',read)
      call('HSET',cursors,stream,last..' '..read)
    end
    run(ARGV[6],answer)
    return own
    """)

  /// What to count once the commit succeeds: a metric and the value of its second dimension.
  struct Tally: Hashable {
    let metric: Metric
    let dimension: String
    let value: String
  }

  let lane: LaneName
  private var body = PackedCommands()
  /// Entries for a stream that the lane reads itself.
  private var own: (stream: String, entries: Int, commands: PackedCommands)?
  private var replies = PackedCommands()
  private var timers: [TimerChanges] = []
  /// The keys of the clocks to which timers are added, once it is closed.
  private var clocks: [String] = []
  /// The entries put aside, for the log: each with its stream and what is wrong with which field.
  private(set) var deadLetters: [(entry: Entry, stream: String, error: FieldError)] = []
  /// An array, because there are few: a linear search is faster than hashing.
  private(set) var tallies: [(tally: Tally, count: Int)] = []

  /// An entry that only a newer release can read. If set, the batch is not committed and the lane stands
  /// still.
  private(set) var newer: (entry: Entry, stream: String, error: FieldError)?

  init(lane: LaneName) { self.lane = lane }

  /// Adds one command. All its keys must belong to the lane's slot.
  public mutating func add(_ fill: (inout PackedWords) -> Void) { body.add(fill) }

  /// Appends an entry to a stream that the lane reads itself, so that it need not read the entry back. All
  /// calls must name the same stream.
  public mutating func append(to stream: String, _ fill: (inout PackedWords) -> Void) {
    var own = self.own ?? (stream, 0, PackedCommands())
    self.own = nil
    precondition(own.stream == stream, "a commit appends to \(own.stream), and to \(stream)")
    own.entries += 1
    own.commands.add { words in
      words.add("XADD")
      words.add(stream)
      words.add("*")
      fill(&words)
    }
    self.own = own
  }

  /// Lets timers come back to the lane when they are due, in milliseconds since 1970. One that is there already
  /// has this due time instead. The key must be that of one of the lane's clocks.
  public mutating func schedule(_ timers: [(member: String, due: UInt64)], at key: String) {
    if timers.isEmpty { return }
    changeTimers(at: key) { changes in
      for (member, due) in timers { changes.dues[member] = .some(due) }
    }
  }

  /// Removes timers that are not due any more. One that is not there does no harm.
  public mutating func cancel(timers: [String], at key: String) {
    if timers.isEmpty { return }
    changeTimers(at: key) { changes in
      for member in timers { changes.dues.updateValue(nil, forKey: member) }
    }
  }

  private mutating func changeTimers(at key: String, _ change: (inout TimerChanges) -> Void) {
    let place = timers.firstIndex { $0.key == key } ?? timers.count
    if place == timers.count { timers.append(TimerChanges(key: key)) }
    change(&timers[place])
  }

  /// Adds the changes of the timers to the others, once no more of them come.
  mutating func close() {
    for timers in timers {
      timers.add(to: &body)
      if timers.dues.values.contains(where: { $0 != nil }) { clocks.append(timers.key) }
    }
    timers = []
  }

  /// Whether a timer is added to a clock, so that the lane has to look when it is due.
  func addsTimers(at key: String) -> Bool { clocks.contains(key) }

  /// Counts something if the commit succeeds.
  public mutating func count(_ metric: Metric, by dimension: String, _ value: String) {
    let tally = Tally(metric: metric, dimension: dimension, value: value)
    if let place = tallies.firstIndex(where: { $0.tally == tally }) {
      tallies[place].count += 1
    } else {
      tallies.append((tally, 1))
    }
  }

  /// Adds an answer to a caller.
  public mutating func addReply(_ fill: (inout PackedWords) -> Void) { replies.add(fill) }

  /// Puts an entry that cannot be handled to the dead letters: what is wrong, and its raw fields up to the
  /// limits of `DeadLetterEntry`.
  public mutating func addDeadLetter(_ entry: Entry, from stream: String, because error: FieldError) {
    deadLetters.append((entry, stream, error))
    let letter = DeadLetterEntry(of: entry, from: stream, by: lane, because: error)
    add { letter.write(&$0) }
  }

  /// Makes the lane stand still before an entry of a newer release, which must be neither lost nor put aside.
  public mutating func standStill(at entry: Entry, from stream: String, because error: FieldError) {
    if newer == nil { newer = (entry, stream, error) }
  }

  /// Whether there is nothing to do except moving the cursors.
  var isEmpty: Bool { body.isEmpty && replies.isEmpty && own == nil && tallies.isEmpty }

  /// The size of its packed commands in bytes.
  var byteCount: Int { body.bytes.count + (own?.commands.bytes.count ?? 0) + replies.bytes.count }

  /// Returns a write that the lane has not declared, and that is therefore not checked when the lane is
  /// opened.
  func undeclared(by spec: LaneSpec) -> String? {
    let declared = Set(
      spec.checkedWrites.map(\.kind) + [LaneWrite.kind("XADD", lane.deadLetters)])
    let heads = body.heads + (own?.commands.heads ?? []) + replies.heads
    return heads.map { LaneWrite.kind($0.name, $0.key) }.first { !declared.contains($0) }
  }

  /// Returns the words of the script call.
  func call(digest: String, token: String, leaseMilliseconds: Int, inputs: [LaneInput]) -> RESPWords {
    var cursors = PackedCommands()
    let moved = inputs.filter(\.hasMoved)
    for input in moved {
      cursors.add { words in
        words.add("XGROUP", "SETID", input.stream, lane.worker, "\(input.position)", "ENTRIESREAD")
        words.add(input.entriesRead)
      }
    }
    if !moved.isEmpty {
      cursors.add { words in
        words.add("HSET", lane.cursor)
        for input in moved { words.add(input.stream, "\(input.position) \(input.entriesRead)") }
      }
    }
    var words = RESPWords("EVALSHA", digest, "2", lane.lease, lane.halt, token)
    words.add(leaseMilliseconds)
    words.add(body)
    words.add(own?.commands ?? PackedCommands())
    words.add(cursors)
    words.add(replies)
    if let own, let input = inputs.first(where: { $0.stream == own.stream }), input.isAtEnd {
      for word in [own.stream, "\(input.position)", lane.cursor, lane.worker] { words.add(word) }
      words.add(input.entriesRead + own.entries)
    }
    return words
  }

  /// Records in the lane's input where its own entries are, from the script's reply.
  func note(_ answer: Reply, in inputs: inout [LaneInput]) {
    guard let own, let place = inputs.firstIndex(where: { $0.stream == own.stream }) else { return }
    let ends = answer.compactMap { $0.withBytes { EntryID(utf8: $0) } ?? nil }
    guard let first = ends.first, let last = ends.last else { return }
    inputs[place].leaveOut(
      LaneInput.Gap(first: first, last: last, count: own.entries), isNext: ends.count == 1)
  }
}

/// The timers that a commit adds and removes.
private struct TimerChanges {
  let key: String
  /// When each is due; nil if it is removed.
  var dues: [String: UInt64?] = [:]

  /// Lua passes at most 8,000 words to one command.
  private static let most = 2000

  /// Adds commands, usually one for those that are added and one for those that are removed.
  func add(to commands: inout PackedCommands) {
    let changes = dues.sorted { $0.key < $1.key }
    let added = changes.compactMap { member, due in due.map { (member, $0) } }
    for start in stride(from: 0, to: added.count, by: Self.most) {
      commands.add { words in
        words.add("ZADD", key)
        for (member, due) in added[start...].prefix(Self.most) { words.add("\(due)", member) }
      }
    }
    let removed = changes.filter { $0.value == nil }
    for start in stride(from: 0, to: removed.count, by: Self.most) {
      commands.add { words in
        words.add("ZREM", key)
        for (member, _) in removed[start...].prefix(Self.most) { words.add(member) }
      }
    }
  }
}
