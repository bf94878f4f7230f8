/// The seller changes an open listing; at least one field, nil leaves it as it is.
public struct ChangeTrade: CommandPayload {
  public static let kind = CommandKind.changeTrade

  public var id: Int
  public var productid: Int
  public var productname: String?
  public var qty: Int?
  public var price: Int?
  public var seen = Seen()
}

extension ChangeTrade {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, productname: fields.find(.productname), qty: fields.find(.qty),
      price: fields.find(.price), seen: Seen(fields: fields))
    guard productname != nil || qty != nil || price != nil else {
      throw FieldError("qty", .missing, expected: "given, or else price or productname")
    }
  }

  public var details: Fields {
    var details = Fields()
    details.write("productname", productname)
    details.write("qty", qty)
    details.write("price", price)
    seen.write(to: &details)
    return details
  }
}
