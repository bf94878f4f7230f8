/// The buyer has received the goods of reservation `id`.
///
/// The trade worker decides it, as it decides everything about a deal under way.
public struct ConfirmReceipt: CommandPayload {
  public static let kind = CommandKind.confirmReceipt

  public var id: Int
  public var productid: Int
}

extension ConfirmReceipt {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    self.init(id: id, productid: productid)
  }

  public var details: Fields { Fields() }
}
