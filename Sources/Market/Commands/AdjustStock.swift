/// The stock was counted or renamed; at least one of the two, nil leaves it as it is.
package struct AdjustStock: CommandPayload {
  package static let kind = CommandKind.adjustStock

  package var id: Int
  package var productid: Int
  /// The units now on hand, held ones included: a number, not a difference.
  package var qty: Int?
  package var productname: String?
  package var seen = Seen()
}

extension AdjustStock {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, qty: fields.find(.units("qty")), productname: fields.find(.productname),
      seen: Seen(fields: fields))
    guard qty != nil || productname != nil else {
      throw FieldError("qty", .missing, expected: "given, or else productname")
    }
  }

  package var details: Fields {
    var details = Fields()
    details.write("qty", qty)
    details.write("productname", productname)
    seen.write(to: &details)
    return details
  }
}
