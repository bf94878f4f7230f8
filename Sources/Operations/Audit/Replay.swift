import Market

/// Replays one state from the journal, and detects events that cannot have happened.
///
/// The journal has the events that a worker emitted in the order in which it emitted them, and the events it
/// observed in the order in which it observed them, but not the order between the two: an event that a worker
/// emits while others append can follow events that it has not observed yet. So an event is observed *as late
/// as possible*: only when the worker's next own event is impossible without it, or at the end.
///
/// That yields the worker's state, although the worker can have observed the event earlier. Each own event is
/// possible after some prefix of the observed events, and the shortest such prefix is never longer than the
/// true one, so no event is observed too early. Observing one too late goes unnoticed only if the own events
/// in between do not depend on it: a listing's held units, a deal's date and its listing are part of the
/// worker's own events, which have to agree with the state to be permitted.
struct Replay<Rules: Replayable> {
  private(set) var state = Rules.initial
  /// The final states of listings that were followed by others.
  private(set) var former: [Listing] = []
  private var unheard: ArraySlice<JournalEntry> = []
  /// The last observed event, until the worker emits one.
  private var news: Event?

  /// Queues an event that the worker can have observed by now.
  mutating func observe(_ entry: JournalEntry) { unheard.append(entry) }

  /// Applies an event that the worker emitted. Returns false if it cannot have emitted it.
  mutating func emit(_ entry: JournalEntry) -> Bool {
    var isPossible = Rules.permits(entry, in: state, after: news)
    while !isPossible, let next = unheard.popFirst() {
      apply(next)
      isPossible = Rules.permits(entry, in: state, after: news)
    }
    if let listing = Rules.former(in: state, before: entry.event) { former.append(listing) }
    if case .listing(.tradeArchived, let listing) = entry.event.fact {
      former.removeAll { $0.id == listing.id }
    }
    Rules.evolve(&state, entry.event, at: entry.position)
    news = nil
    return isPossible
  }

  /// Observes the remaining events: the state is that of a worker that has read the whole journal.
  mutating func finish() {
    while let next = unheard.popFirst() { apply(next) }
  }

  private mutating func apply(_ entry: JournalEntry) {
    Rules.evolve(&state, entry.event, at: entry.position)
    news = entry.event
  }
}
