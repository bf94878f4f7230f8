/// The seller takes a listing back.
package struct WithdrawTrade: CommandPayload {
  package static let kind = CommandKind.withdrawTrade

  package var id: Int
  package var productid: Int
  /// Whether it shall also disappear from the lists.
  package var delete: Bool
  package var seen = Seen()
}

extension WithdrawTrade {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, delete: fields.find(.flag("delete")) ?? false, seen: Seen(fields: fields))
  }

  package var details: Fields {
    var details = Fields()
    details.write("delete", delete)
    seen.write(to: &details)
    return details
  }
}
