import Lanes
import Market

/// The name of a my page row: the shard that stores it, its reservation, and the user's role, as in
/// `3:7:buyer`.
public struct MypageRowID: Hashable, Sendable, CustomStringConvertible {
  public let shard: Shard
  public let reserveid: Int
  public let role: DealRole

  public init(_ reserveid: Int, in shard: Shard, _ role: DealRole) {
    self.shard = shard
    self.reserveid = reserveid
    self.role = role
  }

  /// Parses a name; nil if the text names no row.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let index = Int(parts[0]), index >= 0, let reserveid = Int(parts[1]),
      let role = DealRole.allCases.first(where: { $0.name == parts[2] })
    else { return nil }
    self.init(reserveid, in: Shard(index), role)
    // Each row has exactly one name.
    guard description == text else { return nil }
  }

  public var description: String { "\(shard.index):\(reserveid):\(role.name)" }
}

extension DealRole {
  fileprivate var name: String { self == .buyer ? "buyer" : "seller" }
}
