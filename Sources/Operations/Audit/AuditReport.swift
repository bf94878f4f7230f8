/// What an audit found.
package struct AuditReport: Sendable {
  /// What there is in one shard, or in all.
  package struct Totals: Sendable, Codable, Equatable {
    /// Commands that were decided, repeated ones included.
    package var commands = 0
    /// Commands without an id of their own: what came of each cannot be told.
    package var nameless = 0
    /// Events that finish a command.
    package var outcomes = 0
    package var events = 0
    /// Reservations whose goods were handed over.
    package var finished = 0
    package var running = 0
    package var waiting = 0
    /// Commands that were refused.
    package var rejections = 0
    package var deadLetters = 0

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
  package internal(set) var shards: [Totals] = []
  package internal(set) var inletDeadLetters = 0
  package internal(set) var memory: [String: KindOfKey] = [:]
  /// What limits the audit: lanes that are behind, journals whose beginning is gone.
  package internal(set) var notes: [String] = []
  package internal(set) var isAtRest = true
  /// What no audit can tell, or this one could not, each in a sentence.
  package var unchecked: [String] {
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
  package internal(set) var differences: [Difference] = []
  package internal(set) var differenceCount = 0
  /// The records of read models that are not as the journal implies.
  package internal(set) var broken: Set<BrokenView> = []

  /// How many differences are kept.
  package static let kept = Findings.kept

  package var isClean: Bool { differenceCount == 0 }

  package var totals: Totals {
    var sum = Totals()
    for shard in shards { sum += shard }
    sum.deadLetters += inletDeadLetters
    return sum
  }

  package var bytes: Int { memory.values.reduce(0) { $0 + $1.bytes } }

  /// What Redis keeps for each deal that was finished, all that belongs to the others included; nil without one.
  package var bytesPerFinishedDeal: Int? { totals.finished == 0 ? nil : bytes / totals.finished }

  mutating func add(_ tally: Findings.Tally) {
    differenceCount += tally.count
    differences += tally.first.prefix(Self.kept - differences.count)
  }
}
