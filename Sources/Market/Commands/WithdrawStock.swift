/// A product leaves the stock altogether.
package struct WithdrawStock: CommandPayload {
  package static let kind = CommandKind.withdrawStock

  package var id: Int
  package var productid: Int
  package var seen = Seen()
}

extension WithdrawStock {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(id: id, productid: productid, seen: Seen(fields: fields))
  }

  package var details: Fields {
    var details = Fields()
    seen.write(to: &details)
    return details
  }
}
