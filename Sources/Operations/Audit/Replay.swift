import Market

/// Makes one state anew from the journal, and tells which events cannot have happened.
///
/// The journal has the events that a worker says in the order in which it said them, and those that it hears in
/// the order in which it heard them, but it does not have the order between the two: what a worker says while
/// others speak stands behind events that it has not heard yet. So an event is heard *as late as possible*: only
/// when what the worker says next is impossible without it, or at the end.
///
/// That gives the worker's state although the worker may have heard the event earlier. What it says is possible
/// after some first part of what it heard; the shortest such part never is longer than the true one, so an event
/// is never heard too early, and what the events change that were heard too late is not told by what was said in
/// between: a listing's held units, a deal's date and its listing are in the worker's own events, and those have
/// to agree with the state before they are permitted.
struct Replay<Rules: Replayable> {
  private(set) var state = Rules.initial
  /// The listings that others have followed, as they were at their end.
  private(set) var former: [Listing] = []
  private var unheard: ArraySlice<JournalEntry> = []
  /// The last event heard, until something is said.
  private var news: Event?

  /// Takes in an event that the worker may have heard already.
  mutating func observe(_ entry: JournalEntry) { unheard.append(entry) }

  /// Takes in an event of the worker's own; false if it cannot have said that.
  mutating func emit(_ entry: JournalEntry) -> Bool {
    var isPossible = Rules.permits(entry.event, in: state, after: news)
    while !isPossible, let next = unheard.popFirst() {
      apply(next)
      isPossible = Rules.permits(entry.event, in: state, after: news)
    }
    if let listing = Rules.former(in: state, before: entry.event) { former.append(listing) }
    Rules.evolve(&state, entry.event, at: entry.position)
    news = nil
    return isPossible
  }

  /// Hears what is left: the state of a worker that has read the whole journal.
  mutating func finish() {
    while let next = unheard.popFirst() { apply(next) }
  }

  private mutating func apply(_ entry: JournalEntry) {
    Rules.evolve(&state, entry.event, at: entry.position)
    news = entry.event
  }
}
