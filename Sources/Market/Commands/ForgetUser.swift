/// An operator asks a worker to forget a person in one thing that has ended.
///
/// Like a timer it is an entry of the routed commands that no door lets in.
public struct ForgetUser: Hashable, Sendable {
  /// The `type` of the entry.
  public static let type = "ForgetUser"

  /// The reservation, or the trade.
  public var id: Int
  public var productid: Int
  /// The person.
  public var userid: String

  public init(id: Int, productid: Int, userid: String) {
    self.id = id
    self.productid = productid
    self.userid = userid
  }

  /// Whether the person goes by this id. Compares bytes, as Redis does.
  func means(_ other: String) -> Bool { userid.utf8.elementsEqual(other.utf8) }
}

extension ForgetUser {
  /// Returns nil for an entry that is none. Throws if it is one that cannot be read.
  public init?(fields: Fields) throws(FieldError) {
    guard fields["type"] == Self.type else { return nil }
    try self.init(
      id: fields.read(.id), productid: fields.read(.productid), userid: fields.read(.userid))
  }

  /// The entry as it is appended to the commands; its `commandid` and `actor` follow.
  public var fields: Fields {
    ["type": Self.type, "id": String(id), "productid": String(productid), "userid": userid]
  }
}

/// What remains of a person who was forgotten.
public enum Forgotten {
  /// Stands for any such person, and is nobody's id.
  public static let user = "탈퇴한 사용자"
}
