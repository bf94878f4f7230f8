/// A step of one reservation's deal, as reservation and trade say it.
public enum DealStep: String, CaseIterable, Sendable {
  case reserveCompleted = "ReserveCompleted"
  case reserveChanged = "ReserveChanged"
  case reserveCancelRequested = "ReserveCancelRequested"
  case reserveCanceled = "ReserveCanceled"
  case reserveDeleted = "ReserveDeleted"
  case tradeStarted = "TradeStarted"
  case tradeWaiting = "TradeWaiting"
  case tradeRejected = "TradeRejected"
  /// A handover came before the stock is held: it is remembered.
  case handoverRequested = "HandoverRequested"
  case tradeCompleted = "TradeCompleted"
  case tradeCanceled = "TradeCanceled"
  case cancelRefused = "CancelRefused"

  /// What the reservation stands at from this step on; nil where the step does not tell.
  public var status: Status? {
    switch self {
    case .reserveCompleted: .reserved
    case .reserveCancelRequested: .cancelRequested
    case .reserveCanceled: .canceled
    case .tradeStarted: .running
    case .tradeWaiting: .waiting
    case .tradeRejected: .rejected
    case .tradeCompleted: .completed
    case .reserveChanged, .reserveDeleted, .handoverRequested, .tradeCanceled, .cancelRefused: nil
    }
  }

  /// The worker that says it.
  public var worker: Worker {
    switch self {
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted:
      .reservation
    case .tradeStarted, .tradeWaiting, .tradeRejected, .handoverRequested, .tradeCompleted, .tradeCanceled,
      .cancelRefused:
      .trade
    }
  }
}
