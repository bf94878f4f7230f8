/// Sets the quantity or the name of a stock; at least one of the two, nil leaves it as it is.
public struct AdjustStock: CommandPayload {
  public static let kind = CommandKind.adjustStock

  public var id: Int
  public var productid: Int
  /// The units now on hand, held ones included: a number, not a difference.
  public var qty: Int?
  public var productname: String?
  public var seen = Seen()
}

extension AdjustStock {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, qty: fields.find(.units("qty")), productname: fields.find(.productname),
      seen: Seen(fields: fields))
    guard qty != nil || productname != nil else {
      throw FieldError("qty", .missing, expected: "given, or else productname")
    }
  }

  public var details: Fields {
    var details = Fields()
    details.write("qty", qty)
    details.write("productname", productname)
    seen.write(to: &details)
    return details
  }
}
