import Market
import Redis
import Telemetry

/// Everything one batch changes, carried out by one script call: all of it, or nothing.
public struct Commit {
  /// Runs the commands in order if the lease still holds the token, and extends the lease.
  ///
  /// `KEYS[1]` the lease; `ARGV` the token, the lease's time in ms, and as `PackedCommands` the commands, the
  /// entries to a stream that the lane reads itself, and the answers. Gives the positions of the first and the
  /// last of those entries, if there are any.
  ///
  /// Where the lane has read all of that stream, more `ARGV` follow: the stream, where the lane's cursor on it
  /// stands, the cursors' key, the group, and how many entries the group will have read with the new ones. Unless
  /// somebody else wrote there meanwhile, the cursor moves past the new ones; then only the last position is given.
  static let script = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED another owner has the lane') end
    local call,unpack,first,last=redis.call,cmsgpack.unpack_limit
    local function one(next,...) last=call(...) first=first or last return next end
    local function run(commands)
      local next,count=0
      while next>=0 and #commands>0 do
        next,count=unpack(commands,1,next)
        next=one(unpack(commands,count,next))
      end
    end
    local stream,position,cursors,group,read=ARGV[6],ARGV[7],ARGV[8],ARGV[9],ARGV[10]
    local alone=stream and #call('XRANGE',stream,'('..position,'+','COUNT',1)==0
    run(ARGV[3])
    first=nil
    run(ARGV[4])
    local own={first,first and last}
    if alone then
      own={last}
      call('XGROUP','SETID',stream,group,last,'ENTRIESREAD',read)
      call('HSET',cursors,stream,last..' '..read)
    end
    run(ARGV[5])
    call('PEXPIRE',KEYS[1],ARGV[2])
    return own
    """)

  /// Something that is counted once the commit is through: a metric and the value of its second dimension.
  struct Tally: Hashable {
    let metric: Metric
    let dimension: String
    let value: String
  }

  let lane: LaneName
  private var body = PackedCommands()
  /// Entries to a stream that the lane reads itself.
  private var own: (stream: String, entries: Int, commands: PackedCommands)?
  /// Replies come last: should a caller's stream be unusable, everything else is done by then.
  private var replies = PackedCommands()
  /// The entries that are put aside, for the log: where each lies, and what is wrong with which field.
  private(set) var deadLetters: [(entry: Entry, stream: String, error: FieldError)] = []
  /// Few, so the one that is meant is found sooner by looking than by hashing.
  private(set) var tallies: [(tally: Tally, count: Int)] = []

  init(lane: LaneName) { self.lane = lane }

  /// Adds one command; all its keys must belong to the lane's slot.
  public mutating func add(_ fill: (inout PackedWords) -> Void) { body.add(fill) }

  /// Appends an entry to a stream of the lane's own which it need not read back: always to the same one.
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

  /// Counts something, provided that the commit gets through.
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

  /// Keeps an entry that cannot be handled, with what is wrong and its raw fields (each name after `field:`).
  ///
  /// Lua passes no more than 8,000 words to a command, so an entry of thousands of fields takes several letters.
  public mutating func addDeadLetter(_ entry: Entry, from stream: String, because error: FieldError) {
    deadLetters.append((entry, stream, error))
    var parts = Array(entry.body)[...]
    repeat {
      addDeadLetter(entry.id, parts.prefix(Self.mostParts), from: stream, because: error)
      parts = parts.dropFirst(Self.mostParts)
    } while !parts.isEmpty
  }

  /// Names and values of one dead letter; an even number.
  private static let mostParts = 6000

  private mutating func addDeadLetter(
    _ id: EntryID, _ parts: ArraySlice<Reply>, from stream: String, because error: FieldError
  ) {
    let lane = lane
    add { words in
      words.add("XADD")
      words.add(lane.deadLetters)
      words.add("*")
      for (name, value) in [
        ("worker", lane.worker), ("stream", stream), ("entry", "\(id)"), ("reason", error.reason.rawValue),
        ("wrong", error.field), ("message", error.message),
      ] {
        words.add(name)
        words.add(value)
      }
      var isName = true
      for part in parts {
        part.withBytes { raw in
          if isName {
            var name = Array("field:".utf8)
            name.append(contentsOf: raw)
            name.withUnsafeBytes { words.add($0) }
          } else {
            words.add(raw)
          }
        }
        isName.toggle()
      }
    }
  }

  /// Whether there is nothing to do but to move the cursors.
  var isEmpty: Bool { body.isEmpty && replies.isEmpty && own == nil && tallies.isEmpty }

  /// The script call. Cursors move first, so a missing group fails it before anything is written.
  func call(digest: String, token: String, leaseMilliseconds: Int, inputs: [LaneInput]) -> Words {
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
    var words = Words("EVALSHA", digest, "1", lane.lease, token)
    words.add(leaseMilliseconds)
    words.add(cursors, body)
    words.add(own?.commands ?? PackedCommands())
    words.add(replies)
    if let own, let input = inputs.first(where: { $0.stream == own.stream }), input.isAtEnd {
      for word in [own.stream, "\(input.position)", lane.cursor, lane.worker] { words.add(word) }
      words.add(input.entriesRead + own.entries)
    }
    return words
  }

  /// Tells the lane's input where its own entries stand, by the script's answer.
  func note(_ answer: Reply, in inputs: inout [LaneInput]) {
    guard let own, let place = inputs.firstIndex(where: { $0.stream == own.stream }) else { return }
    let ends = answer.compactMap { $0.withBytes { EntryID(utf8: $0) } ?? nil }
    guard let first = ends.first, let last = ends.last else { return }
    inputs[place].leaveOut(
      LaneInput.Gap(first: first, last: last, count: own.entries), isNext: ends.count == 1)
  }
}
