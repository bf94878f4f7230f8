import Synchronization

/// The fencing tokens of one replica: a new one each time it takes a lane.
final class LaneTokens: Sendable {
  private let replica: String
  private let takings = Atomic(0)

  init(replica: String) { self.replica = replica }

  func make() -> String {
    "\(replica):\(takings.add(1, ordering: .relaxed).newValue)"
  }

  /// Whether a token is one of the replica's own.
  static func made(_ token: String, by replica: String) -> Bool { token.hasPrefix("\(replica):") }
}
