/// The goods changed hands: completes a running deal of trade `id`.
public struct Handover: CommandPayload {
  public static let kind = CommandKind.handover

  public var id: Int
  public var productid: Int
  /// The reservation of the deal; nil for the only running one.
  public var reserveid: Int?
  /// What the buyer is shown, where the listing asks for it.
  public var code: String?
  public var seen = Seen()
}

extension Handover {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, reserveid: fields.find(.reserveid), code: fields.find(.handoverCode),
      seen: Seen(fields: fields))
  }

  public var details: Fields {
    var details = Fields()
    details.write("reserveid", reserveid)
    details.write("code", code)
    seen.write(to: &details)
    return details
  }
}
