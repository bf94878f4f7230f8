/// What a notice is about.
public enum NoticeTopic: Hashable, Sendable {
  /// The new status of a reservation, a listing or a stock.
  case status(Status)
  /// A cancel was refused.
  case cancelRefused
  /// Another date or place.
  case reserveChanged
  /// The deal's date is near.
  case reminded
  /// The first in the line.
  case next
  /// The listing of a deal changed.
  case termsChanged
  /// The seller's own listing changed.
  case listingChanged
  /// A listing has been open for long.
  case listingReminded

  /// Returns the topic of an event by its wire name and its status; nil if nobody is told of such an event.
  public init?(type: String, status: Status?) {
    if type == Event.rejectedType {
      self = .cancelRefused
    } else if let status {
      self = .status(status)
    } else if let topic = DealStep(rawValue: type)?.topic ?? ListingStep(rawValue: type)?.topic {
      self = topic
    } else {
      return nil
    }
  }
}

extension DealStep {
  /// The topic of a step that does not change the status.
  fileprivate var topic: NoticeTopic? {
    switch self {
    case .reserveChanged: .reserveChanged
    case .tradeReminded: .reminded
    case .tradeNext: .next
    case .tradeTermsChanged: .termsChanged
    case .reserveCompleted, .reserveCancelRequested, .reserveCanceled, .reserveDeleted, .reserveArchived,
      .reserveForgotten, .tradeStarted,
      .tradeWaiting, .tradeRejected, .handoverRequested, .tradeCompleted, .tradeCanceled, .cancelRefused,
      .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeRescheduled, .codeRefused:
      nil
    }
  }
}

extension ListingStep {
  fileprivate var topic: NoticeTopic? {
    switch self {
    case .tradeChanged: .listingChanged
    case .listingReminded: .listingReminded
    case .tradeListed, .tradeWithdrawn, .tradeDeleted, .tradeArchived, .tradeForgotten: nil
    }
  }
}
