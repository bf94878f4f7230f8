import Lanes
import Market

/// Names a row of a user's my page by its reservation, whose shard keeps the row, and the user's side of it:
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

  /// Nil for what names no row.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let index = Int(parts[0]), index >= 0, let reserveid = Int(parts[1]),
      let role = DealRole.allCases.first(where: { $0.name == parts[2] })
    else { return nil }
    self.init(reserveid, in: Shard(index), role)
    // One row has one name only.
    guard description == text else { return nil }
  }

  public var description: String { "\(shard.index):\(reserveid):\(role.name)" }

  /// The whole row, of what is stored of it: its name tells the rest, and its position and beginning the times.
  /// Nil where that is not packed.
  public func fields(stored: String) -> Fields? {
    guard var fields = Fields(packed: stored) else { return nil }
    fields.append("reserveid", "\(reserveid)")
    fields.append("role", role.rawValue)
    if let begun = fields["begun"].flatMap({ UInt64($0) }) {
      fields.append("createdAt", EntryID(milliseconds: begun, sequence: 0).timestamp)
    }
    if let position = fields["position"].flatMap({ EntryID($0) }) {
      fields.append("updatedAt", position.timestamp)
    }
    return fields
  }
}

extension DealRole {
  fileprivate var name: String { self == .buyer ? "buyer" : "seller" }
}
