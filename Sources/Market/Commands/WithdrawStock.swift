/// Removes a product from the stock.
public struct WithdrawStock: CommandPayload {
  public static let kind = CommandKind.withdrawStock

  public var id: Int
  public var productid: Int
  public var seen = Seen()
}

extension WithdrawStock {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(id: id, productid: productid, seen: Seen(fields: fields))
  }

  public var details: Fields {
    var details = Fields()
    seen.write(to: &details)
    return details
  }
}
