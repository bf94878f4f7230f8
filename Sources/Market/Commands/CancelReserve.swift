/// The buyer gives a reservation up.
public struct CancelReserve: CommandPayload {
  public static let kind = CommandKind.cancelReserve

  public var id: Int
  public var productid: Int
  /// Whether it shall also disappear from the lists once it has ended.
  public var delete: Bool
}

extension CancelReserve {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    self.init(id: id, productid: productid, delete: try fields.find(.flag("delete")) ?? false)
  }

  public var details: Fields { delete ? ["delete": "1"] : [:] }
}
