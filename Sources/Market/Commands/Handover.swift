/// The goods changed hands: a running deal of trade `id` is done.
package struct Handover: CommandPayload {
  package static let kind = CommandKind.handover

  package var id: Int
  package var productid: Int
  /// Whose deal; nil for the only one that runs.
  package var reserveid: Int?
  package var seen = Seen()
}

extension Handover {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, reserveid: fields.find(.reserveid), seen: Seen(fields: fields))
  }

  package var details: Fields {
    var details = Fields()
    details.write("reserveid", reserveid)
    seen.write(to: &details)
    return details
  }
}
