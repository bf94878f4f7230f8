/// A step of one reservation's deal, as reservation and trade say it.
public enum DealStep: String, Step {
  case reserveCompleted = "ReserveCompleted"
  case reserveChanged = "ReserveChanged"
  case reserveCancelRequested = "ReserveCancelRequested"
  case reserveCanceled = "ReserveCanceled"
  case reserveDeleted = "ReserveDeleted"
  /// One that had ended left Redis for the archive.
  case reserveArchived = "ReserveArchived"
  /// A person who took part in one that had ended is replaced by a stand-in.
  case reserveForgotten = "ReserveForgotten"
  case tradeStarted = "TradeStarted"
  case tradeWaiting = "TradeWaiting"
  case tradeRejected = "TradeRejected"
  /// A handover came before the stock is held: it is remembered.
  case handoverRequested = "HandoverRequested"
  case tradeCompleted = "TradeCompleted"
  case tradeCanceled = "TradeCanceled"
  case cancelRefused = "CancelRefused"
  /// The goods changed hands; the buyer has yet to confirm it.
  case tradeHandedOver = "TradeHandedOver"
  /// The seller ended it.
  case tradeCalledOff = "TradeCalledOff"
  /// Its date has passed without a handover.
  case tradeExpired = "TradeExpired"
  /// Both sides are reminded of its date.
  case tradeReminded = "TradeReminded"
  /// Its times are others now.
  case tradeRescheduled = "TradeRescheduled"
  /// It has become the first in the line.
  case tradeNext = "TradeNext"
  /// Its listing has another name, quantity or price.
  case tradeTermsChanged = "TradeTermsChanged"
  /// A handover came with a wrong code.
  case codeRefused = "CodeRefused"

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
    case .tradeHandedOver: .handedOver
    case .tradeCalledOff: .calledOff
    case .tradeExpired: .expired
    case .reserveChanged, .reserveDeleted, .reserveArchived, .reserveForgotten, .handoverRequested,
      .tradeCanceled, .cancelRefused, .tradeReminded, .tradeRescheduled, .tradeNext, .tradeTermsChanged,
      .codeRefused:
      nil
    }
  }

  public var worker: DecidingWorker {
    switch self {
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .reserveArchived, .reserveForgotten:
      .reservation
    case .tradeStarted, .tradeWaiting, .tradeRejected, .handoverRequested, .tradeCompleted, .tradeCanceled,
      .cancelRefused, .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeReminded, .tradeRescheduled,
      .tradeNext, .tradeTermsChanged, .codeRefused:
      .trade
    }
  }

  public var heardBy: Set<DecidingWorker> {
    let others: Set<DecidingWorker> =
      switch self {
      case .reserveCompleted, .reserveChanged, .reserveCancelRequested: [.trade]
      case .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeCanceled, .cancelRefused,
        .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeRescheduled, .tradeNext, .tradeTermsChanged:
        [.reservation]
      case .reserveCanceled, .reserveDeleted, .reserveArchived, .reserveForgotten, .handoverRequested,
        .tradeReminded, .codeRefused:
        []
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
    case .tradeCanceled, .tradeCalledOff, .tradeExpired: .release
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .reserveArchived, .reserveForgotten, .tradeWaiting, .tradeRejected, .handoverRequested, .cancelRefused,
      .tradeHandedOver, .tradeReminded,
      .tradeRescheduled, .tradeNext, .tradeTermsChanged, .codeRefused:
      nil
    }
  }

  /// Whether it only passes a command on, whose outcome is still to come.
  public var passesOn: Bool {
    switch self {
    case .reserveCancelRequested, .handoverRequested: true
    case .reserveCompleted, .reserveChanged, .reserveCanceled, .reserveDeleted, .reserveArchived,
      .reserveForgotten, .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeCanceled,
      .cancelRefused, .tradeHandedOver, .tradeCalledOff,
      .tradeExpired, .tradeReminded, .tradeRescheduled, .tradeNext, .tradeTermsChanged, .codeRefused:
      false
    }
  }

  /// Whether the reservation from now on goes by the name that the step gives the product.
  public var isNaming: Bool {
    switch self {
    case .reserveCompleted, .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeCanceled,
      .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeTermsChanged:
      true
    case .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted, .reserveArchived,
      .reserveForgotten, .handoverRequested, .cancelRefused, .tradeReminded, .tradeRescheduled, .tradeNext,
      .codeRefused:
      false
    }
  }

  public var audience: Set<DealRole> {
    switch self {
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .tradeStarted,
      .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeHandedOver, .tradeCalledOff, .tradeExpired,
      .tradeReminded:
      [.buyer, .seller]
    // The seller is told of the listing itself, and of the deal that the place in the line follows from.
    case .tradeNext, .tradeTermsChanged: [.buyer]
    case .reserveDeleted, .reserveArchived, .reserveForgotten, .handoverRequested, .tradeCanceled,
      .cancelRefused, .tradeRescheduled, .codeRefused:
      []
    }
  }
}
