/// A product leaves the stock altogether.
public struct WithdrawStock: CommandPayload {
  public static let kind = CommandKind.withdrawStock

  public var id: Int
  public var productid: Int
}

extension WithdrawStock {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    self.init(id: id, productid: productid)
  }

  public var details: Fields { [:] }
}
