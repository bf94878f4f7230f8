/// The seller changes an open listing; at least one field, nil leaves it as it is.
package struct ChangeTrade: CommandPayload {
  package static let kind = CommandKind.changeTrade

  package var id: Int
  package var productid: Int
  package var productname: String?
  package var qty: Int?
  package var price: Int?
  package var seen = Seen()
}

extension ChangeTrade {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, productname: fields.find(.productname), qty: fields.find(.qty),
      price: fields.find(.price), seen: Seen(fields: fields))
    guard productname != nil || qty != nil || price != nil else {
      throw FieldError("qty", .missing, expected: "given, or else price or productname")
    }
  }

  package var details: Fields {
    var details = Fields()
    details.write("productname", productname)
    details.write("qty", qty)
    details.write("price", price)
    seen.write(to: &details)
    return details
  }
}
