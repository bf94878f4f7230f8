/// The buyer changes when or where; at least one of the two, nil leaves it as it is.
public struct ChangeReserve: CommandPayload {
  public static let kind = CommandKind.changeReserve

  public var id: Int
  public var productid: Int
  public var reserveDt: String?
  public var address: String?
  public var seen = Seen()
}

extension ChangeReserve {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, reserveDt: fields.find(.reserveDt), address: fields.find(.address),
      seen: Seen(fields: fields))
    guard reserveDt != nil || address != nil else {
      throw FieldError("reserveDt", .missing, expected: "given, or else address")
    }
  }

  public var details: Fields {
    var details = Fields()
    details.write("reserveDt", reserveDt)
    // An empty address is a change too, so it is written.
    if let address { details.append("address", address) }
    seen.write(to: &details)
    return details
  }
}
