/// A step of one reservation's deal, as reservation and trade say it.
public enum DealStep: String, Step {
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

  /// The status of the reservation from this step on; nil if the step does not change it.
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

  public var worker: DecidingWorker {
    switch self {
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted:
      .reservation
    case .tradeStarted, .tradeWaiting, .tradeRejected, .handoverRequested, .tradeCompleted, .tradeCanceled,
      .cancelRefused:
      .trade
    }
  }

  public var heardBy: Set<DecidingWorker> {
    let others: Set<DecidingWorker> =
      switch self {
      case .reserveCompleted, .reserveCancelRequested: [.trade]
      case .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeCanceled, .cancelRefused:
        [.reservation]
      case .reserveChanged, .reserveCanceled, .reserveDeleted, .handoverRequested: []
      }
    return stockTask == nil ? others : others.union([.stock])
  }

  /// What stock does with a deal's units.
  public enum StockTask: Sendable {
    case hold, giveOut, release
  }

  /// What the stock has to do because of it; nil if the units stay as they are.
  public var stockTask: StockTask? {
    switch self {
    case .tradeStarted: .hold
    case .tradeCompleted: .giveOut
    case .tradeCanceled: .release
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .tradeWaiting, .tradeRejected, .handoverRequested, .cancelRefused:
      nil
    }
  }

  /// Whether it only passes a command on, whose outcome is still to come.
  public var passesOn: Bool {
    switch self {
    case .reserveCancelRequested, .handoverRequested: true
    case .reserveCompleted, .reserveChanged, .reserveCanceled, .reserveDeleted, .tradeStarted, .tradeWaiting,
      .tradeRejected, .tradeCompleted, .tradeCanceled, .cancelRefused:
      false
    }
  }
}
