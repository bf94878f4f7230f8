/// A seller, `userid`, offers units of a product; `price` is in won.
package struct ListTrade: CommandPayload {
  package static let kind = CommandKind.listTrade

  package var id: Int
  package var productid: Int
  package var userid: String
  package var productname: String
  package var qty: Int
  package var price: Int
}

extension ListTrade {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, userid: fields.read(.userid), productname: fields.read(.productname),
      qty: fields.read(.qty), price: fields.read(.price))
  }

  package var details: Fields {
    ["userid": userid, "productname": productname, "qty": String(qty), "price": String(price)]
  }
}
