@testable import Market

/// A worker's lane of one shard: reads its streams in batches, decides, commits all or nothing.
struct Lane<Rules: Decider> {
  private struct Batch {
    var inputs: [(id: EntryID, input: Input<Rules.Command>)] = []
    var events = 0
    var commands = 0
  }

  private var states: [Int: Rules.State] = [:]
  private(set) var past = Past()
  private var history: [Int: [(id: EntryID, event: Event)]] = [:]
  private var eventCursor = 0
  private var commandCursor = 0
  private var batch: Batch?
  private let policy: Policy

  init(_ rules: Rules.Type, under policy: Policy = .timeless) { self.policy = policy }

  func state(_ key: Int) -> Rules.State { states[key] ?? Rules.initial }
  var keys: [Int] { states.keys.sorted() }

  func isQuiet(_ journal: Log<Fields>, _ commands: Log<World.Asked>) -> Bool {
    batch == nil && eventCursor == journal.entries.count && commandCursor == commands.entries.count
  }

  /// Loses what was read but not committed.
  mutating func crash() { batch = nil }

  /// Reads up to `count` entries of each log and merges them, events first on a tie.
  ///
  /// If a log returned a full batch, what follows is unknown, so the merge stops at its end.
  mutating func read(_ journal: Log<Fields>, _ commands: Log<World.Asked>, count: Int) throws {
    guard batch == nil else { return }
    let events = journal.entries.dropFirst(eventCursor).prefix(count)
    let asked = commands.entries.dropFirst(commandCursor).prefix(count)
    var known = EntryID(milliseconds: .max, sequence: .max)
    if events.count == count, let last = events.last { known = min(known, last.id) }
    if asked.count == count, let last = asked.last { known = min(known, last.id) }
    var next = Batch()
    var (event, command) = (events.startIndex, asked.startIndex)
    while true {
      let eventID = event < events.endIndex ? events[event].id : nil
      let commandID = command < asked.endIndex ? asked[command].id : nil
      if let eventID, eventID <= known, commandID.map({ eventID <= $0 }) ?? true {
        let fields = events[event].entry
        if Rules.listensTo.contains(fields["type"] ?? "") {
          next.inputs.append((eventID, .event(try Event(fields: fields))))
        }
        event += 1
        next.events += 1
      } else if let commandID, commandID <= known {
        let entry = asked[command].entry
        switch entry {
        case .command(let command, let caller):
          guard let own = Rules.Command(command) else {
            throw Violation("\(Rules.self) does not decide \(command)")
          }
          next.inputs.append((commandID, .command(own, caller)))
        case .time(let timer):
          // A timer comes by its name.
          next.inputs.append((commandID, .time(try timer.reread())))
        case .forget(let asked, let caller):
          next.inputs.append((commandID, .forget(try asked.reread(), caller)))
        }
        command += 1
        next.commands += 1
      } else {
        break
      }
    }
    if next.events + next.commands > 0 { batch = next }
  }

  /// Decides what was read; `said` appends the events to the journal and checks the state after each input.
  mutating func commit(
    checkingCodec: Bool,
    said: (_ input: Input<Rules.Command>, _ events: [Event], _ state: Rules.State) throws -> Void
  ) throws -> [ProductTrade.TimerChanges] {
    var changes: [ProductTrade.TimerChanges] = []
    guard let batch else { return changes }
    var touched: Set<Int> = []
    let before = states
    for (id, input) in batch.inputs {
      guard let key = Rules.subject(of: input) else { continue }
      touched.insert(key)
      var state = state(key)
      let old = state
      let events = try Rules.decide(input, at: id, &state, after: &past, under: policy)
      if case .event(let event) = input { history[key, default: []].append((id, event)) }
      // The journal gives its own positions to these events: no state can depend on them.
      history[key, default: []] += events.map { (.zero, $0) }
      states[key] = state
      try said(input, events, state)
      changes.append(Rules.timerChanges(from: old, to: state))
    }
    if checkingCodec {
      for key in touched {
        let state = state(key)
        try require(try Rules.State(fields: state.fields) == state, "stored and read back: \(state)")
        var stored = before[key].map(\.fields) ?? Fields()
        let old = try Rules.State(fields: stored)
        stored.apply(state.changes(since: old))
        try require(stored.sorted == state.fields.sorted, "stored by changes: \(stored)\n  but is: \(state)")
      }
    }
    eventCursor += batch.events
    commandCursor += batch.commands
    self.batch = nil
    return changes
  }

  /// Checks that every state equals the replay of its events.
  func checkReplay() throws {
    for (key, state) in states {
      var replayed = Rules.initial
      for (id, event) in history[key] ?? [] { Rules.evolve(&replayed, event, at: id) }
      try require(replayed == state, "replayed: \(replayed)\n  but was: \(state)")
    }
  }
}

extension Fields {
  /// Applies the changes, as Redis does to a hash.
  fileprivate mutating func apply(_ changes: FieldChanges) {
    pairs.removeAll { pair in changes.removed.contains(pair.name) || changes.written[pair.name] != nil }
    pairs += changes.written.pairs
  }

  fileprivate var sorted: [String] { pairs.map { "\($0.name)=\($0.value)" }.sorted() }
}

extension ForgetUser {
  /// Returns what its entry says.
  fileprivate func reread() throws -> ForgetUser {
    guard let read = try ForgetUser(fields: fields) else { throw Violation("\(fields) asks for nothing") }
    return read
  }
}

extension Timer {
  /// Returns what its entry says.
  fileprivate func reread() throws -> Timer {
    guard let read = try Timer(fields: fields) else { throw Violation("\(fields) is no timer") }
    return read
  }
}
