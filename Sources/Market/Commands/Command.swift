/// A command as a shard reads it: complete, and one of the worker that decides it.
public enum Command: Hashable, Sendable {
  case reservation(ReservationCommand)
  case trade(TradeCommand)
  case stock(StockCommand)

  /// Reads the full wire form: `type`, `id`, `productid` and the rest.
  public init(fields: Fields) throws(FieldError) {
    try self.init(
      CommandKind(fields: fields), id: fields.read(.id), productid: fields.read(.productid), fields: fields)
  }

  init(_ kind: CommandKind, id: Int, productid: Int, fields: Fields) throws(FieldError) {
    func read<Payload: CommandPayload>() throws(FieldError) -> Payload {
      try Payload(id: id, productid: productid, fields: fields)
    }
    self =
      switch kind {
      case .reserve: .reservation(.reserve(try read()))
      case .cancelReserve: .reservation(.cancelReserve(try read()))
      case .changeReserve: .reservation(.changeReserve(try read()))
      case .listTrade: .trade(.listTrade(try read()))
      case .handover: .trade(.handover(try read()))
      case .changeTrade: .trade(.changeTrade(try read()))
      case .withdrawTrade: .trade(.withdrawTrade(try read()))
      case .cancelDeal: .trade(.cancelDeal(try read()))
      case .confirmReceipt: .trade(.confirmReceipt(try read()))
      case .registerStock: .stock(.registerStock(try read()))
      case .adjustStock: .stock(.adjustStock(try read()))
      case .withdrawStock: .stock(.withdrawStock(try read()))
      }
  }

  public var payload: any CommandPayload {
    switch self {
    case .reservation(let command): command.payload
    case .trade(let command): command.payload
    case .stock(let command): command.payload
    }
  }

  public var kind: CommandKind { type(of: payload).kind }
  public var id: Int { payload.id }
  public var productid: Int { payload.productid }
}
