/// The fencing tokens of one replica: a new one for each taking, and the last one for each lane.
final class LaneTokens {
  private let replica: String
  private var takings = 0
  /// What to show when a lane is taken again that this replica dropped without giving it back.
  private(set) var former: [LaneName: String] = [:]

  init(replica: String) { self.replica = replica }

  func make(for lane: LaneName) -> String {
    takings += 1
    let token = "\(replica):\(takings)"
    former[lane] = token
    return token
  }
}
