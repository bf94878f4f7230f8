import Doors
import Keys
import Lanes
import Market
import Redis

/// Lists, replays and drops the dead letters of all shards and inlets.
package struct DeadLetterOffice {
  /// The result of a replay.
  package enum Delivery: Equatable, Sendable {
    /// A command that is in its shard's stream again, and no longer a dead letter.
    case delivered(commandid: String, id: Int, shard: Shard)
    /// An event or a timer that its lane will observe again, and no longer a dead letter.
    case handedBack(type: String, position: EntryID, lane: LaneName)
    /// It stays a dead letter, for this reason.
    case refused(String)
  }

  let connection: any RedisLink
  let shards: Int

  package init(_ connection: any RedisLink) throws {
    self.connection = connection
    shards = try connection.shardCount()
  }

  /// Returns the dead letters of all inlets and shards, in the order in which they were put aside.
  package func letters(of worker: String? = nil) throws(RedisError) -> [DeadLetter] {
    var letters: [DeadLetter] = []
    try eachPage { letters += $0 }
    if let worker { letters.removeAll { $0.worker != worker } }
    return letters.sorted { $0.position < $1.position }
  }

  /// Passes all dead letters to `body` in pages, slot by slot.
  func eachPage(_ body: ([DeadLetter]) throws(RedisError) -> Void) throws(RedisError) {
    for tag in DecidingWorker.allCases.map(Key.inlet) + (0..<shards).map(String.init) {
      let key = LaneName(worker: "", tag: "{\(tag)}").deadLetters
      try connection.readPages(of: key) { (page) throws(RedisError) in
        try body(page.map { DeadLetter($0, tag: tag) })
      }
    }
  }

  /// Returns the dead letter with this id, if there is one.
  package func letter(_ id: String) throws(RedisError) -> DeadLetter? {
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let position = EntryID(parts[1]) else { return nil }
    let tag = String(parts[0])
    let key = LaneName(worker: "", tag: "{\(tag)}").deadLetters
    var found: DeadLetter?
    try connection.readPages(of: key, from: position, through: position) { (page) throws(RedisError) in
      found = page.first.map { DeadLetter($0, tag: tag) }
    }
    return found
  }

  /// Sends the command in a dead letter through the door again, then removes the dead letter. Hands an event
  /// back to its lane.
  ///
  /// If this is interrupted, replay again: the command keeps its id, and an event moves in one step.
  ///
  /// - Parameter corrections: fields of a command that replace its own, or are added to them. A `commandid`
  ///   turns it into another command, with an id of the operator's choice.
  package func replay(_ letter: DeadLetter, setting corrections: Fields = [:]) throws(RedisError) -> Delivery
  {
    if let position = letter.event { return try handBack(letter, position, correcting: !corrections.isEmpty) }
    if letter.cut != nil { return .refused(Self.isCut) }
    guard let worker = letter.recipient else {
      return .refused("It comes from \(letter.stream), which no worker reads.")
    }
    if letter.isTimer { return try handBackTimer(letter, correcting: !corrections.isEmpty) }
    let request: CommandRequest
    do throws(FieldError) {
      request = try self.request(for: letter, to: worker, setting: corrections)
    } catch {
      return .refused(error.message)
    }
    var door = Door([request], shards: shards)
    guard let admission = try door.run(on: connection).first else {
      return .refused("The door gave no answer.")
    }
    switch admission {
    case .admitted(let id, _, let shard):
      try takeAway(letter)
      return .delivered(commandid: request.commandid, id: id, shard: shard)
    case .full(let shard):
      return .refused("Shard \(shard.index) is too far behind to accept commands: try again later.")
    case .unknown, .conflict, .crowded:
      return .refused(admission.error?.message ?? "The door refused it.")
    }
  }

  /// Returns the command in a dead letter, with corrections. Throws if it is not valid.
  func request(
    for letter: DeadLetter, to worker: DecidingWorker, setting corrections: Fields
  ) throws(FieldError) -> CommandRequest {
    var fields = Fields(letter.fields.map { ($0.name, corrections[$0.name] ?? $0.value) })
    for (name, value) in corrections where letter.fields[name] == nil { fields.append(name, value) }
    let name = try CommandName.replay(corrections)
    let commandid = if let name { name } else { try letter.commandid() }
    return CommandRequest(
      draft: try Draft(fields: fields, worker: worker), commandid: commandid,
      // Under the operator's own name it is the operator's command. Else its sender gains no rights by it.
      actor: name == nil ? try letter.actor() : nil,
      // The digest stays the same unless the command is corrected.
      digest: corrections.isEmpty ? try letter.digest() : nil)
  }

  static let isCut = "Only a part of it was kept: its sender has to send it again."

  /// What handing an event back comes to, as the journal stands.
  enum Handback {
    /// Its lane would observe this, if the journal still ends at `last`.
    case ready(event: Event, observed: Event, last: String, worker: DecidingWorker, shard: Shard)
    case refused(String)
  }

  /// Finds out what an event's lane would observe.
  func handback(
    of letter: DeadLetter, _ position: EntryID, correcting: Bool
  ) throws(RedisError) -> Handback {
    if correcting { return .refused("It is an event: what has happened cannot be corrected.") }
    guard let worker = DecidingWorker(rawValue: letter.worker), let shard = Int(letter.tag).map({ Shard($0) })
    else {
      let kind = letter.worker == "mypage" ? "mypages" : "notices"
      return .refused(
        "The \(letter.worker) worker only shows what happened: fix it, run handover rebuild \(kind), then drop this."
      )
    }
    let journal = Key.journal(of: shard)
    let original = try original(position, on: journal)
    if original == nil, letter.cut != nil { return .refused(Self.isCut) }
    let event: Event
    do throws(FieldError) {
      event = try Event(fields: try original?.fields() ?? letter.fields)
    } catch {
      return .refused("It is not a readable event: \(error.message) Drop it.")
    }
    var later: [JournalEntry] = []
    var seen = position
    while true {
      try connection.readPages(of: journal, from: seen) { (page) throws(RedisError) in
        for entry in page where entry.id > seen {
          seen = entry.id
          guard let said = try? Event(fields: entry.fields()), said.productid == event.productid else {
            continue
          }
          later.append(JournalEntry(event: said, position: entry.id))
        }
      }
      let last = try connection.call("XREVRANGE", journal, "+", "-", "COUNT", "1")[0]?[0]?.string ?? ""
      if EntryID(last).map({ $0 > seen }) ?? false { continue }
      switch EventReplay.remedy(for: event, to: worker, after: later) {
      case .nothing(let why): return .refused("There is nothing to replay: \(why) Drop it.")
      case .observe(let observed):
        return .ready(event: event, observed: observed, last: last, worker: worker, shard: shard)
      }
    }
  }

  /// Hands an event back to the lane that put it aside, exactly once.
  private func handBack(
    _ letter: DeadLetter, _ position: EntryID, correcting: Bool
  ) throws(RedisError) -> Delivery {
    // Until no event is appended between reading the journal and the script.
    for _ in 1...100 {
      let handback = try handback(of: letter, position, correcting: correcting)
      guard case .ready(let event, let observed, let last, let worker, let shard) = handback else {
        if case .refused(let why) = handback { return .refused(why) }
        continue
      }
      let journal = Key.journal(of: shard)
      var words = RESPWords("EVALSHA", try connection.digest(of: EventReplay.script), "3")
      for word in [letter.key, Key.commands(worker, in: shard), journal, "\(letter.position)", last] {
        words.add(word)
      }
      for (name, value) in ReplayedEvent(observed, at: position).fields {
        words.add(name)
        words.add(value)
      }
      var commands = Commands()
      commands.add(words)
      switch try connection.exchange(commands).first?.get().string {
      case "sent":
        return .handedBack(
          type: event.type, position: position, lane: LaneName(worker: worker.rawValue, tag: shard.tag))
      case "gone": return .refused("Somebody else has replayed or dropped it meanwhile.")
      default: continue
      }
    }
    return .refused("Its shard appends events too fast to hand this one back: try again.")
  }

  /// Returns why a timer cannot be handed back; nil if it can.
  static func refusal(ofTimer letter: DeadLetter, correcting: Bool) -> String? {
    if correcting { return "It is a timer: what is due follows from the state of the deal." }
    do throws(FieldError) {
      _ = try Timer(fields: letter.fields)
      return nil
    } catch {
      return "It is not a timer: \(error.message) Drop it."
    }
  }

  /// Hands a timer back to the lane that put it aside, exactly once. If it is stale by now, nothing happens there.
  private func handBackTimer(_ letter: DeadLetter, correcting: Bool) throws(RedisError) -> Delivery {
    if let refusal = Self.refusal(ofTimer: letter, correcting: correcting) { return .refused(refusal) }
    guard let shard = Int(letter.tag).map({ Shard($0) }), let place = EntryID(letter.entry) else {
      return .refused("It comes from \(letter.stream), which no timer comes from. Drop it.")
    }
    let lane = LaneName(worker: letter.worker, tag: shard.tag)
    var words = RESPWords("EVALSHA", try connection.digest(of: EventReplay.script), "3")
    for word in [letter.key, letter.stream, Key.journal(of: shard), "\(letter.position)", ""] {
      words.add(word)
    }
    for (name, value) in letter.fields {
      words.add(name)
      words.add(value)
    }
    guard try connection.call(words).string == "sent" else {
      return .refused("Somebody else has replayed or dropped it meanwhile.")
    }
    return .handedBack(type: Timer.type, position: place, lane: lane)
  }

  /// Returns the event from the journal, if it still has it: a dead letter can hold only a part of it.
  private func original(_ position: EntryID, on journal: String) throws(RedisError) -> StreamEntry? {
    var found: StreamEntry?
    try connection.readPages(of: journal, from: position, through: position) { (page) throws(RedisError) in
      found = page.first
    }
    return found
  }

  /// Removes a dead letter for good.
  package func drop(_ letter: DeadLetter) throws(RedisError) {
    try takeAway(letter)
    // No worker will decide the command now, so its `waiting` record expires like an outcome.
    if let shard = Int(letter.tag), let commandid = letter.fields["commandid"] {
      try connection.call(
        "PEXPIRE", Key.operation(commandid, in: Shard(shard)), "\(CommandRecord.lifetime)")
    }
  }

  private func takeAway(_ letter: DeadLetter) throws(RedisError) {
    try connection.call("XDEL", letter.key, "\(letter.position)")
  }
}
