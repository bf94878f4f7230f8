/// The buyer gives a reservation up.
package struct CancelReserve: CommandPayload {
  package static let kind = CommandKind.cancelReserve

  package var id: Int
  package var productid: Int
  /// Whether it shall also disappear from the lists once it has ended.
  package var delete: Bool
  package var seen = Seen()
}

extension CancelReserve {
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
