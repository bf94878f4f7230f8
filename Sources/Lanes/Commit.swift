import Market
import Redis
import Telemetry

/// Everything one batch changes, carried out by one script call: all of it, or nothing.
public struct Commit {
  /// Runs its commands in order if the lease still holds the token, and extends the lease.
  ///
  /// `KEYS[1]` the lease; `ARGV` the token, the lease's time in ms, then commands as `n word₁ … wordₙ`.
  static let script = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED another owner has the lane') end
    local i,last=3,#ARGV
    while i<=last do local n=tonumber(ARGV[i]) redis.call(unpack(ARGV,i+1,i+n)) i=i+n+1 end
    return redis.call('PEXPIRE',KEYS[1],ARGV[2])
    """)

  /// Something that is counted once the commit is through: a metric and the value of its second dimension.
  struct Tally: Hashable {
    let metric: Metric
    let dimension: String
    let value: String
  }

  let lane: LaneName
  private var body = Words()
  /// Replies come last: should a caller's stream be unusable, everything else is done by then.
  private var replies = Words()
  private var scratch = Words()
  /// The entries that are put aside, for the log: where each lies, and what is wrong with which field.
  private(set) var deadLetters: [(entry: Entry, stream: String, error: FieldError)] = []
  private(set) var tallies: [Tally: Int] = [:]

  init(lane: LaneName) { self.lane = lane }

  /// Adds one command; all its keys must belong to the lane's slot.
  public mutating func add(_ fill: (inout Words) -> Void) {
    scratch.removeAll()
    fill(&scratch)
    body.add(scratch.count)
    body.add(scratch)
  }

  /// Counts something, provided that the commit gets through.
  public mutating func count(_ metric: Metric, by dimension: String, _ value: String) {
    tallies[Tally(metric: metric, dimension: dimension, value: value), default: 0] += 1
  }

  /// Adds an answer to a caller.
  public mutating func addReply(_ fill: (inout Words) -> Void) {
    scratch.removeAll()
    fill(&scratch)
    replies.add(scratch.count)
    replies.add(scratch)
  }

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

  /// The script call. Cursors move first, so a missing group fails it before anything is written.
  func call(digest: String, token: String, leaseMilliseconds: Int, inputs: [LaneInput]) -> Words {
    var words = Words("EVALSHA", digest, "1", lane.lease, token)
    words.add(leaseMilliseconds)
    let moved = inputs.filter(\.hasMoved)
    for input in moved {
      words.add(7)
      for word in ["XGROUP", "SETID", input.stream, lane.worker, "\(input.position)", "ENTRIESREAD"] {
        words.add(word)
      }
      words.add(input.entriesRead)
    }
    if !moved.isEmpty {
      words.add(2 + 2 * moved.count)
      words.add("HSET")
      words.add(lane.cursor)
      for input in moved {
        words.add(input.stream)
        words.add("\(input.position) \(input.entriesRead)")
      }
    }
    words.add(body)
    words.add(replies)
    return words
  }
}
