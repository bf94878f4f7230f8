/// The result of an audit.
package struct AuditReport: Sendable {
  /// What one shard contains, or all together.
  package struct Totals: Sendable, Codable, Equatable {
    /// Decided commands, including repeated ones.
    package var commands = 0
    /// Commands without a command id, whose outcomes cannot be identified.
    package var nameless = 0
    /// Events that finish a command.
    package var outcomes = 0
    package var events = 0
    /// Reservations that were completed by a handover.
    package var finished = 0
    package var running = 0
    package var waiting = 0
    /// Refused commands.
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

  /// The totals of each shard.
  package internal(set) var shards: [Totals] = []
  package internal(set) var inletDeadLetters = 0
  package internal(set) var memory: [String: KindOfKey] = [:]
  /// What limits the audit: lanes that are behind, journals whose beginning was trimmed.
  package internal(set) var notes: [String] = []
  package internal(set) var isAtRest = true
  /// What no audit can check, or this one could not; one phrase each.
  package var unchecked: [String] {
    var unchecked = [
      "what Redis lost when it went down: that leaves no trace",
      "entries that were removed unread, once the worker has noticed and gone on: see its log and metrics",
      "the answers that clients were given",
      "the outcomes of commands that are no longer in a stream",
      "the texts of notices",
    ]
    if totals.nameless > 0 {
      unchecked.append("the outcomes of \(totals.nameless) commands without a commandid")
    }
    if !isAtRest { unchecked.append("whatever holds only at rest, for the lanes that were not at rest") }
    return unchecked
  }
  /// The first differences; `differenceCount` counts all.
  package internal(set) var differences: [Difference] = []
  package internal(set) var differenceCount = 0
  /// The read models' records that differ from what the journal implies.
  package internal(set) var broken: Set<BrokenView> = []

  /// What was lost beside items that exist.
  package internal(set) var remedies: [Remedy] = []

  /// How many differences a report keeps.
  package static let kept = Findings.kept

  package var isClean: Bool { differenceCount == 0 }

  package var totals: Totals {
    var sum = Totals()
    for shard in shards { sum += shard }
    sum.deadLetters += inletDeadLetters
    return sum
  }

  package var bytes: Int { memory.values.reduce(0) { $0 + $1.bytes } }

  /// The memory of the whole system per finished deal, in bytes; nil without a finished deal.
  package var bytesPerFinishedDeal: Int? { totals.finished == 0 ? nil : bytes / totals.finished }

  mutating func add(_ tally: Findings.Tally) {
    differenceCount += tally.count
    differences += tally.first.prefix(Self.kept - differences.count)
  }
}
