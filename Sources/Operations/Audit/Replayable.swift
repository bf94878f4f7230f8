import Lanes
import Market

extension Int {
  /// Returns whether this version can follow another. Releases before versions existed left it unchanged.
  func follows(_ version: Int) -> Bool { self == version + 1 || self == version }
}

/// A decider whose own events can be checked for being possible in a state.
protocol Replayable: Decider {
  static var worker: DecidingWorker { get }
  /// The state before the first event.
  static var initial: State { get }
  /// Returns the id of the state that an event is about; nil if it is about none of these.
  static func subject(of event: Event) -> Int?
  /// Returns the key of the hash that stores a state.
  static func key(_ id: Int, in shard: Shard) -> String
  /// Returns whether the event starts a new state, whatever came before it.
  static func begins(with event: Event) -> Bool
  /// Returns the final state of the listing that `event` removes from the state; nil if there is none.
  static func former(in state: State, before event: Event) -> Listing?
  /// Returns whether a worker in `state`, which has just observed `heard`, can emit `event`.
  static func permits(_ event: Event, in state: State, after heard: Event?) -> Bool
}

extension Replayable {
  static func former(in state: State, before event: Event) -> Listing? { nil }
}
