/// The seller takes a listing back.
public struct WithdrawTrade: CommandPayload {
  public static let kind = CommandKind.withdrawTrade

  public var id: Int
  public var productid: Int
  /// Whether it is also removed from the lists.
  public var delete: Bool
  public var seen = Seen()
}

extension WithdrawTrade {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, delete: fields.find(.flag("delete")) ?? false, seen: Seen(fields: fields))
  }

  public var details: Fields {
    var details = Fields()
    details.write("delete", delete)
    seen.write(to: &details)
    return details
  }
}
