import Market

extension Int {
  /// Returns whether this version can follow another. Releases before versions existed left it unchanged.
  func follows(_ version: Int) -> Bool { self == version + 1 || self == version }
}

/// A decider whose own events can be checked for being possible in a state.
protocol Replayable: Decider {
  /// Returns whether the event starts a new state, whatever came before it.
  static func begins(with event: Event) -> Bool
  /// Returns the final state of the listing that `event` removes from the state; nil if there is none.
  static func former(in state: State, before event: Event) -> Listing?
  /// Returns whether a worker in `state`, which has just observed `observed`, can emit the event of `entry`.
  static func permits(_ entry: JournalEntry, in state: State, after observed: Event?) -> Bool
}

extension Replayable {
  static func former(in state: State, before event: Event) -> Listing? { nil }
}
