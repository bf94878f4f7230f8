/// A buyer asks for units of a product.
public struct Reserve: CommandPayload {
  public static let kind = CommandKind.reserve

  public var id: Int
  public var productid: Int
  public var userid: String
  public var productname: String
  public var qty: Int
  public var reserveDt: String
  public var address: String
  /// In won; nil for the listing's.
  public var price: Int?
  /// Whether it is refused while another reservation of this buyer waits for the product.
  public var once = false
}

extension Reserve {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, userid: fields.read(.userid), productname: fields.read(.productname),
      qty: fields.read(.qty), reserveDt: fields.read(.reserveDt), address: fields.find(.address) ?? "",
      price: fields.find(.price), once: fields.find(.flag("once")) ?? false)
  }

  public var details: Fields {
    var details: Fields = [
      "userid": userid, "productname": productname, "qty": String(qty), "reserveDt": reserveDt,
      "address": address,
    ]
    details.write("price", price)
    details.write("once", once)
    return details
  }
}
