import Lanes
import Layout
import Market
import Redis

/// Checks that every command that was decided has exactly one outcome on the journal.
struct CommandCheck {
  /// How long a command that comes again is known by its operation record, in milliseconds: a day.
  private static let lifetime: UInt64 = 86_400_000
  /// What the clocks of an expiry and of an entry may differ by.
  private static let slack: UInt64 = 60_000

  let shard: Shard
  /// Where a trimmed journal begins: the outcomes of older commands may be gone.
  let start: EntryID
  private var endings: [String: Int] = [:]
  /// Commands that an event only passed on.
  private var passedOn: Set<String> = []

  init(_ shard: Shard, since start: EntryID) {
    self.shard = shard
    self.start = start
  }

  mutating func take(
    _ page: [JournalEntry], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var ended: [JournalEntry] = []
    for entry in page {
      if let asker = entry.event.asker { passedOn.insert(asker.commandid) }
      guard let caller = entry.event.caller else { continue }
      endings[caller.commandid, default: 0] += 1
      ended.append(entry)
    }
    let now = try connection.call("TIME")[0]?.integer.map { UInt64($0) * 1000 } ?? 0
    try connection.askEach(ended) {
      Words("GET", Key.operation($0.event.caller?.commandid ?? "", in: shard))
    } _: { (entry, reply) throws(RedisError) in
      try check(entry, reply.get().text, now: now, &findings)
    }
  }

  /// Compares what a repeated command would be told with what happened.
  private func check(_ entry: JournalEntry, _ record: String?, now: UInt64, _ findings: inout Findings) {
    let (event, key) = (entry.event, Key.operation(entry.event.caller?.commandid ?? "", in: shard))
    let what = "\(event.type) at \(entry.position)"
    guard let record else {
      // Within its lifetime the record is what makes a second copy of the command harmless.
      if entry.position.age(at: now) < Self.lifetime - Self.slack {
        findings.add(
          .operation, key, "It is missing, though \(what) finished the command less than a day ago.")
      }
      return
    }
    guard let outcome = Outcome(packed: record) else {
      let message =
        record.isEmpty ? "It is still open, but \(what) finished the command." : "It cannot be read."
      return findings.add(.operation, key, message)
    }
    var expected = event.type
    if case .rejected(let rejection) = event.fact { expected += " \(rejection.refusal.rawValue)" }
    let found = [outcome.type, outcome.fields["reason"]].compactMap(\.self).joined(separator: " ")
    if outcome.accepted == event.isRefusal || expected != found {
      findings.add(
        .operation, key,
        "It says \(outcome.accepted ? "accepted" : "rejected") \(found), but \(what) says \(expected).")
    }
  }

  struct Sum {
    var commands = 0
    var nameless = 0
    var deadLetters = 0
  }

  /// Goes through the commands that were decided: those up to the worker's cursor.
  ///
  /// - Parameters:
  ///   - isHeld: whether an aggregate still holds the command, to finish it later.
  ///   - isLost: whether dead letters were taken away, so that one may have been this command.
  mutating func finish(
    upTo cursors: [Worker: EntryID], besides deadLetters: DeadEntries, isHeld: (String) -> Bool,
    on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) -> Sum {
    var sum = Sum()
    var seen: [String: EntryID] = [:]
    var isComplete = true
    for worker in Worker.allCases {
      let stream = Key.commands(worker, in: shard)
      if try StreamState(of: stream, on: connection).isTrimmed { isComplete = false }
      guard let cursor = cursors[worker], cursor > .zero else { continue }
      try connection.readPages(of: stream, through: cursor) { (page) throws(RedisError) in
        for entry in page where !ReplayedEvent.isOne(entry.fields) {
          sum.commands += 1
          if deadLetters.contain(entry.id, of: stream) {
            sum.deadLetters += 1
          } else if let commandid = entry.fields["commandid"], !commandid.isEmpty {
            let first = seen[commandid]
            if first == nil { seen[commandid] = entry.id }
            check(commandid, entry, first: first, of: stream, deadLetters, isHeld, &findings)
          } else {
            sum.nameless += 1
          }
        }
      }
    }
    guard isComplete else { return sum }
    for (commandid, _) in endings where seen[commandid] == nil {
      findings.addAtRest(
        .command, Key.journal(of: shard), "An event finishes command \(commandid), which nobody gave.")
    }
    return sum
  }

  private func check(
    _ commandid: String, _ entry: StreamEntry, first: EntryID?, of stream: String, _ deadLetters: DeadEntries,
    _ isHeld: (String) -> Bool, _ findings: inout Findings
  ) {
    let what = "\(entry.id), \(entry.fields["type"] ?? "a command") \(commandid),"
    switch endings[commandid] ?? 0 {
    case 1:
      return
    case 0 where entry.id < start:
      return
    case 0 where passedOn.contains(commandid):
      if !isHeld(commandid) {
        findings.addAtRest(
          .command, stream, "\(what) was passed on, but nobody holds it, and it has no outcome.")
      }
    case 0:
      if !deadLetters.areIncomplete {
        findings.add(.command, stream, "\(what) was decided, but has no outcome on the journal.")
      }
    case let count:
      // After a day its record is gone, and a copy counts as a command of its own.
      if let first, first.age(at: entry.id.milliseconds) > Self.lifetime - Self.slack { return }
      if first == nil { findings.add(.command, stream, "\(what) has \(count) outcomes on the journal.") }
    }
  }
}
