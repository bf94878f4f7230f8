/// The seller calls a deal of trade `id` off, whether it waits, runs or was handed over.
public struct CancelDeal: CommandPayload {
  public static let kind = CommandKind.cancelDeal

  public var id: Int
  public var productid: Int
  public var reserveid: Int
  public var reason: CancelReason
  public var seen = Seen()
}

extension CancelDeal {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, reserveid: fields.read(.reserveid), reason: fields.read(.code("reason")),
      seen: Seen(fields: fields))
  }

  public var details: Fields {
    var details = Fields()
    details.write("reserveid", reserveid)
    details.write("reason", reason.rawValue)
    seen.write(to: &details)
    return details
  }
}
