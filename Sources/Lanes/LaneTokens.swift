/// The fencing tokens of one replica: a new one each time it takes a lane.
final class LaneTokens {
  private let replica: String
  private var takings = 0

  init(replica: String) { self.replica = replica }

  func make() -> String {
    takings += 1
    return "\(replica):\(takings)"
  }

  /// Whether a token is one of this replica's own: then it dropped that lease without releasing it.
  func made(_ token: String) -> Bool { token.hasPrefix("\(replica):") }
}
