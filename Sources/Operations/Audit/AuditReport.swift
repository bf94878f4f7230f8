/// What an audit found.
public struct AuditReport: Sendable {
  /// What there is in one shard, or in all.
  public struct Totals: Sendable, Codable, Equatable {
    /// Commands that were decided, repeated ones included.
    public var commands = 0
    /// Commands without an id of their own: what came of each cannot be told.
    public var nameless = 0
    /// Events that finish a command.
    public var outcomes = 0
    public var events = 0
    /// Reservations whose goods were handed over.
    public var finished = 0
    public var running = 0
    public var waiting = 0
    /// Commands that were refused.
    public var rejections = 0
    public var deadLetters = 0

    static func += (sum: inout Totals, more: Totals) {
      sum.commands += more.commands
      sum.nameless += more.nameless
      sum.outcomes += more.outcomes
      sum.events += more.events
      sum.finished += more.finished
      sum.running += more.running
      sum.waiting += more.waiting
      sum.rejections += more.rejections
      sum.deadLetters += more.deadLetters
    }
  }

  /// By shard.
  public internal(set) var shards: [Totals] = []
  public internal(set) var inletDeadLetters = 0
  public internal(set) var memory: [String: KindOfKey] = [:]
  /// What limits the audit: lanes that are behind, journals whose beginning is gone.
  public internal(set) var notes: [String] = []
  public internal(set) var isAtRest = true
  /// What no audit can tell, or this one could not, each in a sentence.
  public var unchecked: [String] {
    var unchecked = [
      "what Redis lost when it went down: nothing in it tells",
      "entries that were removed unread, once a worker has noticed and gone on: its log and its metrics tell",
      "the answers that clients were given",
      "the outcomes of commands that no stream has any more",
      "the words of notices",
    ]
    if totals.nameless > 0 {
      unchecked.append("the outcomes of \(totals.nameless) commands without a commandid")
    }
    if !isAtRest { unchecked.append("of what was not at rest, all that holds only at rest") }
    return unchecked
  }
  /// The first differences; `differenceCount` counts all.
  public internal(set) var differences: [Difference] = []
  public internal(set) var differenceCount = 0
  /// The records of read models that are not as the journal implies.
  public internal(set) var broken: Set<BrokenView> = []

  /// How many differences are kept.
  public static let kept = Findings.kept

  public var isClean: Bool { differenceCount == 0 }

  public var totals: Totals {
    var sum = Totals()
    for shard in shards { sum += shard }
    sum.deadLetters += inletDeadLetters
    return sum
  }

  public var bytes: Int { memory.values.reduce(0) { $0 + $1.bytes } }

  /// What Redis keeps for each deal that was finished, all that belongs to the others included; nil without one.
  public var bytesPerFinishedDeal: Int? { totals.finished == 0 ? nil : bytes / totals.finished }

  mutating func add(_ tally: Findings.Tally) {
    differenceCount += tally.count
    differences += tally.first.prefix(Self.kept - differences.count)
  }
}
