/// The commands that one worker decides. A decider cannot be given those of another worker.
public protocol DecidedCommand: Hashable, Sendable {
  /// Takes a command of this worker; nil if another worker decides it.
  init?(_ command: Command)

  var payload: any CommandPayload { get }
  /// The user who asks, if the command says so.
  var userid: String? { get }
}

extension DecidedCommand {
  public var kind: CommandKind { type(of: payload).kind }
  public var id: Int { payload.id }
  public var productid: Int { payload.productid }
}

/// What the reservation worker decides.
public enum ReservationCommand: DecidedCommand {
  case reserve(Reserve)
  case cancelReserve(CancelReserve)
  case changeReserve(ChangeReserve)

  public init?(_ command: Command) {
    guard case .reservation(let own) = command else { return nil }
    self = own
  }

  public var payload: any CommandPayload {
    switch self {
    case .reserve(let payload): payload
    case .cancelReserve(let payload): payload
    case .changeReserve(let payload): payload
    }
  }

  public var userid: String? {
    switch self {
    case .reserve(let command): command.userid
    case .cancelReserve, .changeReserve: nil
    }
  }
}

/// What the trade worker decides.
public enum TradeCommand: DecidedCommand {
  case listTrade(ListTrade)
  case handover(Handover)
  case changeTrade(ChangeTrade)
  case withdrawTrade(WithdrawTrade)
  case cancelDeal(CancelDeal)
  case confirmReceipt(ConfirmReceipt)

  public init?(_ command: Command) {
    guard case .trade(let own) = command else { return nil }
    self = own
  }

  public var payload: any CommandPayload {
    switch self {
    case .listTrade(let payload): payload
    case .handover(let payload): payload
    case .changeTrade(let payload): payload
    case .withdrawTrade(let payload): payload
    case .cancelDeal(let payload): payload
    case .confirmReceipt(let payload): payload
    }
  }

  public var userid: String? {
    switch self {
    case .listTrade(let command): command.userid
    case .handover, .changeTrade, .withdrawTrade, .cancelDeal, .confirmReceipt: nil
    }
  }
}

/// What the stock worker decides.
public enum StockCommand: DecidedCommand {
  case registerStock(RegisterStock)
  case adjustStock(AdjustStock)
  case withdrawStock(WithdrawStock)

  public init?(_ command: Command) {
    guard case .stock(let own) = command else { return nil }
    self = own
  }

  public var payload: any CommandPayload {
    switch self {
    case .registerStock(let payload): payload
    case .adjustStock(let payload): payload
    case .withdrawStock(let payload): payload
    }
  }

  public var userid: String? {
    switch self {
    case .registerStock, .adjustStock, .withdrawStock: nil
    }
  }
}
