/// A command as a shard reads it: complete.
public enum Command: Hashable, Sendable {
  case reserve(Reserve)
  case cancelReserve(CancelReserve)
  case changeReserve(ChangeReserve)
  case listTrade(ListTrade)
  case handover(Handover)
  case changeTrade(ChangeTrade)
  case withdrawTrade(WithdrawTrade)
  case registerStock(RegisterStock)
  case adjustStock(AdjustStock)
  case withdrawStock(WithdrawStock)

  /// Reads the full wire form: `type`, `id`, `productid` and the rest.
  public init(fields: Fields) throws(FieldError) {
    try self.init(
      CommandKind(fields: fields), id: fields.read(.id), productid: fields.read(.productid), fields: fields)
  }

  init(_ kind: CommandKind, id: Int, productid: Int, fields: Fields) throws(FieldError) {
    self =
      switch kind {
      case .reserve: .reserve(try Reserve(id: id, productid: productid, fields: fields))
      case .cancelReserve: .cancelReserve(try CancelReserve(id: id, productid: productid, fields: fields))
      case .changeReserve: .changeReserve(try ChangeReserve(id: id, productid: productid, fields: fields))
      case .listTrade: .listTrade(try ListTrade(id: id, productid: productid, fields: fields))
      case .handover: .handover(try Handover(id: id, productid: productid, fields: fields))
      case .changeTrade: .changeTrade(try ChangeTrade(id: id, productid: productid, fields: fields))
      case .withdrawTrade: .withdrawTrade(try WithdrawTrade(id: id, productid: productid, fields: fields))
      case .registerStock: .registerStock(try RegisterStock(id: id, productid: productid, fields: fields))
      case .adjustStock: .adjustStock(try AdjustStock(id: id, productid: productid, fields: fields))
      case .withdrawStock: .withdrawStock(try WithdrawStock(id: id, productid: productid, fields: fields))
      }
  }

  public var payload: any CommandPayload {
    switch self {
    case .reserve(let payload): payload
    case .cancelReserve(let payload): payload
    case .changeReserve(let payload): payload
    case .listTrade(let payload): payload
    case .handover(let payload): payload
    case .changeTrade(let payload): payload
    case .withdrawTrade(let payload): payload
    case .registerStock(let payload): payload
    case .adjustStock(let payload): payload
    case .withdrawStock(let payload): payload
    }
  }

  public var kind: CommandKind { type(of: payload).kind }
  public var id: Int { payload.id }
  public var productid: Int { payload.productid }
}
