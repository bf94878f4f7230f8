/// The goods changed hands: a running deal of trade `id` is done.
public struct Handover: CommandPayload {
  public static let kind = CommandKind.handover

  public var id: Int
  public var productid: Int
  /// Whose deal; nil for the only one that runs.
  public var reserveid: Int?
}

extension Handover {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    self.init(id: id, productid: productid, reserveid: try fields.find(.reserveid))
  }

  public var details: Fields {
    var details = Fields()
    details.write("reserveid", reserveid)
    return details
  }
}
