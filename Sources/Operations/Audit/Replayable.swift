import Lanes
import Market

extension Int {
  /// Whether this version comes after one. Those who wrote before versions were counted left them as they were.
  func follows(_ version: Int) -> Bool { self == version + 1 || self == version }
}

/// Rules whose own events can be told to be possible or not.
protocol Replayable: Decider {
  static var worker: DecidingWorker { get }
  /// What there is before the first event.
  static var initial: State { get }
  /// Which state an event is about; nil if it is about none of these.
  static func subject(of event: Event) -> Int?
  /// The hash that keeps a state.
  static func key(_ id: Int, in shard: Shard) -> String
  /// Whether the event is the first of a state, whatever came before it.
  static func begins(with event: Event) -> Bool
  /// The listing that is none of the state any more once `event` is said, as it is then; nil where none is.
  static func former(in state: State, before event: Event) -> Listing?
  /// Whether a worker in `state`, to which `heard` is news, can say `event`.
  static func permits(_ event: Event, in state: State, after heard: Event?) -> Bool
}

extension Replayable {
  static func former(in state: State, before event: Event) -> Listing? { nil }
}
