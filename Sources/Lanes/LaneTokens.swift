/// The fencing tokens of one replica: a new one for each taking of a lane.
final class LaneTokens {
  private let replica: String
  private var takings = 0

  init(replica: String) { self.replica = replica }

  func make() -> String {
    takings += 1
    return "\(replica):\(takings)"
  }

  /// Whether a token is this replica's own, of whichever taking: it dropped that lease without giving it back.
  func made(_ token: String) -> Bool { token.hasPrefix("\(replica):") }
}
