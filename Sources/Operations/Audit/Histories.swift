import Keys
import Lanes
import Market

/// Replays the events of one worker of a shard, and finds those that cannot have happened.
struct Histories<Rules: Replayable> {
  let shard: Shard
  /// Whether the journal's beginning was trimmed. Then only states that begin later can be replayed.
  let isTrimmed: Bool
  private var replays: [Int: Replay<Rules>] = [:]
  /// Events that the worker observed later than their place on the journal.
  private var late: ArraySlice<ReplayedEvents.Item> = []
  private var putAside: Set<EntryID> = []

  init(_ shard: Shard, isTrimmed: Bool) {
    self.shard = shard
    self.isTrimmed = isTrimmed
  }

  /// Sets the replayed events. Call this before the first `take`.
  mutating func expect(_ replayed: ReplayedEvents) {
    late = (replayed.items[Rules.worker] ?? [])[...]
    putAside = Set(late.map(\.entry.position))
  }

  mutating func take(_ entry: JournalEntry, _ findings: inout Findings) {
    // The ids of two streams can be compared only by their times. Within the same millisecond, a lane
    // observes the journal first, and what it emits follows what it observed.
    let moment = entry.position.milliseconds
    let isOwn = entry.event.author == Rules.worker
    while let next = late.first,
      next.observed.milliseconds < moment || isOwn && next.observed.milliseconds == moment
    {
      late.removeFirst()
      apply(next.entry, &findings)
    }
    if !putAside.contains(entry.position) { apply(entry, &findings) }
  }

  private mutating func apply(_ entry: JournalEntry, _ findings: inout Findings) {
    let event = entry.event
    let isOwn = event.author == Rules.worker && !event.isRefusal
    guard isOwn || Rules.listensTo.contains(event.type), let id = Rules.subject(of: event) else { return }
    if replays[id] == nil {
      guard !isTrimmed || isOwn && Rules.begins(with: event) else { return }
      replays[id] = Replay()
    }
    guard isOwn else {
      replays[id]?.observe(entry)
      return
    }
    guard replays[id]?.emit(entry) == false else { return }
    findings.add(
      .history, Key.state(id, of: Rules.worker, in: shard),
      "\(event.type) at \(entry.position)\(event.of) cannot follow from what came before it on the journal.")
  }

  /// Observes the remaining events. Afterwards, `state(_:)` is what should be stored.
  mutating func finish(_ findings: inout Findings) {
    for item in late { apply(item.entry, &findings) }
    late = []
    for id in replays.keys { replays[id]?.finish() }
  }

  /// The final states of listings that were followed by others.
  var former: [Listing] { replays.values.flatMap(\.former) }

  var ids: [Int] { Array(replays.keys) }

  /// Returns the state that the events make; nil if the journal does not tell.
  func state(_ id: Int) -> Rules.State? {
    if let replay = replays[id] { return replay.state }
    return isTrimmed ? nil : Rules.initial
  }
}

extension Event {
  /// “ of reservation 7” for an event of a deal, otherwise empty.
  var of: String { deal.map { " of reservation \($0.reserveid)" } ?? "" }
}
