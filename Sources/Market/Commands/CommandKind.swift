/// The kinds of commands; the raw value is `type` on the wire.
public enum CommandKind: String, CaseIterable, Sendable {
  case reserve = "Reserve"
  case cancelReserve = "CancelReserve"
  case changeReserve = "ChangeReserve"
  case listTrade = "ListTrade"
  case handover = "Handover"
  case changeTrade = "ChangeTrade"
  case withdrawTrade = "WithdrawTrade"
  case cancelDeal = "CancelDeal"
  case confirmReceipt = "ConfirmReceipt"
  case registerStock = "RegisterStock"
  case adjustStock = "AdjustStock"
  case withdrawStock = "WithdrawStock"

  /// The worker that decides it.
  public var worker: DecidingWorker {
    switch self {
    case .reserve, .cancelReserve, .changeReserve: .reservation
    case .listTrade, .handover, .changeTrade, .withdrawTrade, .cancelDeal, .confirmReceipt: .trade
    case .registerStock, .adjustStock, .withdrawStock: .stock
    }
  }

  /// What its `id` names.
  public var entity: Entity {
    switch self {
    // The trade worker decides it, for the reservation whose deal it is.
    case .confirmReceipt: .reserve
    case .reserve, .cancelReserve, .changeReserve, .listTrade, .handover, .changeTrade, .withdrawTrade,
      .cancelDeal, .registerStock, .adjustStock, .withdrawStock:
      worker.entity
    }
  }

  /// Whether its `id` is a new one.
  public var creates: Bool {
    switch self {
    case .reserve, .listTrade, .registerStock: true
    case .cancelReserve, .changeReserve, .handover, .changeTrade, .withdrawTrade, .cancelDeal,
      .confirmReceipt,
      .adjustStock, .withdrawStock:
      false
    }
  }

  /// Reads `type`.
  init(fields: Fields) throws(FieldError) {
    guard let text = fields["type"], !text.isEmpty else {
      throw FieldError("type", .missing, expected: Self.expected)
    }
    guard let kind = CommandKind(rawValue: text) else {
      throw FieldError("type", .unknownType, expected: Self.expected, came: text)
    }
    self = kind
  }

  private static var expected: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
}
