import Keys
import Lanes
import Market
import Redis

/// Checks that every command that was decided has exactly one outcome on the journal.
struct CommandCheck {
  /// How long an operation record identifies a repeated command, in milliseconds.
  private static let lifetime = UInt64(CommandRecord.lifetime)
  /// The largest difference between the clocks of an expiry and of an entry, in milliseconds.
  private static let slack: UInt64 = 60_000

  let shard: Shard
  /// Where a trimmed journal begins: the outcomes of older commands can be gone.
  let start: EntryID
  /// How often each command was finished. Command ids are compared byte for byte, as Redis does.
  private var endings: [[UInt8]: Int] = [:]
  /// How often a command was refused because its id belongs to another command.
  private var reuses: [[UInt8]: Int] = [:]
  /// Commands that an event passed on without finishing them.
  private var passedOn: Set<[UInt8]> = []
  /// The numbers that each change was applied to, by its command.
  private var changes: [[UInt8]: Numbers] = [:]

  init(_ shard: Shard, since start: EntryID) {
    self.shard = shard
    self.start = start
  }

  mutating func take(
    _ page: [JournalEntry], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var ended: [JournalEntry] = []
    for entry in page {
      if let asker = entry.event.asker { passedOn.insert(Array(asker.commandid.utf8)) }
      guard let caller = entry.event.caller else { continue }
      if entry.event.refusal == .commandIdReused {
        reuses[Array(caller.commandid.utf8), default: 0] += 1
        continue
      }
      endings[Array(caller.commandid.utf8), default: 0] += 1
      if let numbers = Numbers(changedBy: entry.event) { changes[Array(caller.commandid.utf8)] = numbers }
      ended.append(entry)
    }
    let now = try connection.time(at: Key.journal(of: shard))
    try connection.askEach(ended) {
      RESPWords("GET", Key.operation($0.event.caller?.commandid ?? "", in: shard))
    } _: { (entry, reply) throws(RedisError) in
      try check(entry, reply.get().text, now: now, &findings)
    }
  }

  /// Compares the operation record, which answers a repeated command, with what happened.
  private func check(_ entry: JournalEntry, _ record: String?, now: UInt64, _ findings: inout Findings) {
    let (event, key) = (entry.event, Key.operation(entry.event.caller?.commandid ?? "", in: shard))
    let what = "\(event.type) at \(entry.position)"
    guard let record else {
      // During its lifetime, the record is what makes a second copy of the command harmless.
      if entry.position.age(at: now) < Self.lifetime - Self.slack {
        findings.add(
          .operation, key, "It is missing, though \(what) finished the command less than a day ago.")
      }
      return
    }
    guard let known = CommandRecord(stored: record), !known.outcome.isEmpty else {
      return findings.add(.operation, key, "It is still open, but \(what) finished the command.")
    }
    guard let outcome = known.result else {
      return findings.add(.operation, key, "It cannot be read.")
    }
    var expected = event.type
    if case .rejected(let rejection) = event.fact { expected += " \(rejection.refusal.rawValue)" }
    // The reason of an accepted one is the item's own: why its seller called it off.
    let reason = outcome.accepted ? nil : outcome.fields["reason"]
    let found = [outcome.type, reason].compactMap(\.self).joined(separator: " ")
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

  /// Checks all decided commands: those up to each worker's cursor.
  ///
  /// - Parameters:
  ///   - cursors: how far each worker has read its commands.
  ///   - deadLetters: the entries that were put aside instead of decided.
  ///   - isHeld: whether an aggregate still holds the command, to finish it later.
  mutating func finish(
    upTo cursors: [DecidingWorker: EntryID], besides deadLetters: DeadEntries, isHeld: (String) -> Bool,
    on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) -> Sum {
    var sum = Sum()
    var seen: [[UInt8]: Seen] = [:]
    var isComplete = true
    for worker in DecidingWorker.allCases {
      let stream = Key.commands(worker, in: shard)
      let isTrimmed = try StreamState(of: stream, on: connection).isTrimmed
      if isTrimmed { isComplete = false }
      guard let cursor = cursors[worker], cursor > .zero else { continue }
      try connection.readPages(of: stream, through: cursor) { (page) throws(RedisError) in
        for entry in page {
          let fields = entry.shown
          if ReplayedEvent.isOne(fields) || Timer.isOne(fields) { continue }
          if fields["type"] == ForgetUser.type { continue }
          sum.commands += 1
          if deadLetters.contain(entry.id, of: stream) {
            sum.deadLetters += 1
          } else if let commandid = fields["commandid"], !commandid.isEmpty {
            checkSeen(entry.id, fields, commandid, of: stream, &findings)
            take(entry.id, fields, commandid, of: stream, isTrimmed, &seen, deadLetters, isHeld, &findings)
          } else {
            sum.nameless += 1
          }
        }
      }
    }
    for (commandid, first) in seen where endings[commandid] ?? 0 > first.copies {
      findings.add(
        .command, first.stream, "\(first.what) has \(endings[commandid] ?? 0) outcomes on the journal.")
    }
    guard isComplete else { return sum }
    for commandid in endings.keys where seen[commandid] == nil {
      findings.addWhenIdle(
        .command, Key.journal(of: shard),
        "An event finishes command \(String(decoding: commandid, as: UTF8.self)), but no stream has it.")
    }
    for (commandid, reuses) in reuses where reuses > seen[commandid]?.others ?? 0 {
      findings.addWhenIdle(
        .command, Key.journal(of: shard),
        "The id \(String(decoding: commandid, as: UTF8.self)) was refused as used \(reuses) times, but "
          + "\(seen[commandid]?.others ?? 0) other commands came under it.")
    }
    return sum
  }

  /// Checks that what the sender had seen was still true; otherwise the change had to be refused.
  private func checkSeen(
    _ position: EntryID, _ fields: Fields, _ commandid: String, of stream: String,
    _ findings: inout Findings
  ) {
    guard let was = changes[Array(commandid.utf8)] else { return }
    for (name, number) in [("version", was.version), ("held", was.held), ("sold", was.sold)] {
      guard let seen = fields[name].flatMap({ Int($0) }), let number, seen != number else { continue }
      findings.add(
        .command, stream,
        "\(position), \(fields["type"] ?? "a change") \(commandid), was carried out, though its sender saw \(name) \(seen) where it was \(number)."
      )
    }
  }

  /// The numbers of an item before a change.
  private struct Numbers {
    var version: Int
    var held: Int?
    var sold: Int?

    /// Nil for an event that is not a change. A change increments the version and keeps the deals' numbers.
    init?(changedBy event: Event) {
      switch event.fact {
      case .listing(.tradeChanged, let listing):
        (version, held, sold) = (listing.version - 1, listing.held, listing.sold)
      case .stock(.stockAdjusted, let level): (version, held) = (level.version - 1, level.held)
      case .deal(.reserveChanged, let deal):
        guard let terms = deal.terms else { return nil }
        version = terms.version - 1
      case .deal, .listing, .stock, .hold, .rejected: return nil
      }
      // Releases before versions existed left the version at 1.
      if version < 1 { return nil }
    }
  }

  /// The first command under an id.
  private struct Seen {
    let stream: String
    let what: String
    var position: EntryID
    var digest: CommandDigest?
    /// How many copies count as commands of their own: after a day, the record is forgotten.
    var copies = 1
    /// How many other commands came under the same id.
    var others = 0
  }

  private func take(
    _ position: EntryID, _ fields: Fields, _ commandid: String, of stream: String, _ isTrimmed: Bool,
    _ seen: inout [[UInt8]: Seen], _ deadLetters: DeadEntries, _ isHeld: (String) -> Bool,
    _ findings: inout Findings
  ) {
    let name = Array(commandid.utf8)
    let kind = fields["type"].flatMap { CommandKind(rawValue: $0) }
    let digest = kind.flatMap { try? Caller(command: fields, kind: $0)?.digest }
    guard let first = seen[name] else {
      let what = "\(position), \(fields["type"] ?? "a command") \(commandid),"
      seen[name] = Seen(stream: stream, what: what, position: position, digest: digest)
      return check(position, name, what, of: stream, deadLetters, isHeld(commandid), &findings)
    }
    if position.milliseconds + Self.slack > first.position.milliseconds + Self.lifetime {
      seen[name]?.copies += 1
      seen[name]?.position = position
      seen[name]?.digest = digest
      return
    }
    // In a trimmed stream, it is unknown which command came first.
    if first.digest == digest || position < start || isTrimmed { return }
    seen[name]?.others += 1
    if reuses[name] ?? 0 < first.others + 1, !deadLetters.areIncomplete {
      findings.add(
        .command, stream,
        "\(position), \(fields["type"] ?? "a command"), came under the id \(commandid) of another "
          + "command, but was not refused.")
    }
  }

  private func check(
    _ position: EntryID, _ name: [UInt8], _ what: String, of stream: String, _ deadLetters: DeadEntries,
    _ isHeld: Bool, _ findings: inout Findings
  ) {
    if endings[name] ?? 0 > 0 || reuses[name] ?? 0 > 0 || position < start { return }
    if passedOn.contains(name) {
      if !isHeld {
        findings.addWhenIdle(
          .command, stream, "\(what) was passed on, but nobody holds it, and it has no outcome.")
      }
    } else if !deadLetters.areIncomplete {
      findings.add(.command, stream, "\(what) was decided, but has no outcome on the journal.")
    }
  }
}
