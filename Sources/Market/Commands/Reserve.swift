/// A buyer asks for units of a product; `price` is in won.
package struct Reserve: CommandPayload {
  package static let kind = CommandKind.reserve

  package var id: Int
  package var productid: Int
  package var userid: String
  package var productname: String
  package var qty: Int
  package var reserveDt: String
  package var address: String
  package var price: Int
}

extension Reserve {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, userid: fields.read(.userid), productname: fields.read(.productname),
      qty: fields.read(.qty), reserveDt: fields.read(.reserveDt), address: fields.find(.address) ?? "",
      price: fields.read(.price))
  }

  package var details: Fields {
    [
      "userid": userid, "productname": productname, "qty": String(qty), "reserveDt": reserveDt,
      "address": address, "price": String(price),
    ]
  }
}
