import Market

/// Names a row of a user's my page by its reservation and the user's side of it: `7:buyer`.
public struct MypageRowID: Hashable, Sendable, CustomStringConvertible {
  public let reserveid: Int
  public let role: DealRole

  public init(_ reserveid: Int, _ role: DealRole) {
    self.reserveid = reserveid
    self.role = role
  }

  /// Nil for what names no row.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let reserveid = Int(parts[0]),
      let role = DealRole.allCases.first(where: { $0.name == parts[1] })
    else { return nil }
    self.init(reserveid, role)
    guard description == text else { return nil }
  }

  public var description: String { "\(reserveid):\(role.name)" }

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
