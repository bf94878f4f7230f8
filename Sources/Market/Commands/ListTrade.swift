/// A seller, `userid`, offers units of a product; `price` is in won.
public struct ListTrade: CommandPayload {
  public static let kind = CommandKind.listTrade

  public var id: Int
  public var productid: Int
  public var userid: String
  public var productname: String
  public var qty: Int
  public var price: Int
  public var confirm = Confirmation.none
}

extension ListTrade {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, userid: fields.read(.userid), productname: fields.read(.productname),
      qty: fields.read(.qty), price: fields.read(.price), confirm: fields.findConfirmation())
  }

  public var details: Fields {
    var details: Fields = [
      "userid": userid, "productname": productname, "qty": String(qty), "price": String(price),
    ]
    details.write(confirm)
    return details
  }
}
