/// The seller takes an open listing back.
public struct WithdrawTrade: CommandPayload {
  public static let kind = CommandKind.withdrawTrade

  public var id: Int
  public var productid: Int
}

extension WithdrawTrade {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    self.init(id: id, productid: productid)
  }

  public var details: Fields { [:] }
}
