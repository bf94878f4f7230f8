/// The fencing tokens of one replica: a new one each time it takes a lane.
final class LaneTokens {
  private let replica: String
  private var takings = 0

  init(replica: String) { self.replica = replica }

  func make() -> String {
    takings += 1
    return "\(replica):\(takings)"
  }

  /// Whether a token is one of the replica's own.
  static func made(_ token: String, by replica: String) -> Bool { token.hasPrefix("\(replica):") }
}
