import Keys
import Market

/// What each event changes in the row of its reservation.
extension MypageRow {
  /// Creates a row from the first known event of the reservation.
  init(_ event: Event, of deal: Deal, at position: EntryID) {
    self.init(deal, at: position)
    note(event)
  }

  /// Applies the next event of the reservation; ignores events that it already includes.
  mutating func apply(_ event: Event, of deal: Deal, at position: EntryID) {
    guard position > self.position else { return }
    let last = self.deal
    self.position = position
    self.deal = deal
    self.deal.seller = deal.seller ?? last.seller
    self.deal.tradeid = deal.tradeid ?? last.tradeid
    self.deal.terms = deal.terms ?? last.terms
    // What was forgotten does not come back by what was said before.
    if last.userid == Forgotten.user {
      self.deal.userid = last.userid
      self.deal.terms?.address = ""
    }
    if last.seller == Forgotten.user { self.deal.seller = last.seller }
    if !event.isNaming { self.deal.productname = last.productname }
    // What the listing costs is told once, and the reservation can change before it has heard of it.
    if let price = deal.price ?? self.deal.terms?.price ?? last.terms?.price {
      self.deal.terms?.price = price
    }
    // The trade alone tells it, but not in everything: a listing's confirmation holds from the start of a deal.
    if deal.confirm == .none { self.deal.confirm = last.confirm }
    note(event)
  }

  private mutating func note(_ event: Event) {
    switch event.fact {
    case .deal(let step, let deal): note(step, deal)
    case .hold(let step, _, _): stockStatus = step.status
    case .listing, .stock, .rejected: break
    }
  }

  private mutating func note(_ step: DealStep, _ deal: Deal) {
    // A requested cancel can still be refused: until it is decided, the deal's status does not change.
    if step != .reserveCancelRequested, let told = step.status { status = told }
    switch step {
    case .reserveCompleted, .reserveCancelRequested, .reserveCanceled:
      reserveStatus = step.status
    case .tradeStarted, .tradeWaiting, .tradeHandedOver:
      tradeStatus = step.status
      (until, reason) = (deal.course.until, deal.refusal?.rawValue)
      // A trade follows its reservation, even if the journal no longer has that event.
      reserveStatus = reserveStatus ?? .reserved
    case .tradeRejected, .tradeCompleted, .tradeCalledOff, .tradeExpired:
      tradeStatus = step.status
      (until, reason) = (nil, deal.refusal?.rawValue ?? deal.cause?.rawValue)
    case .tradeCanceled:
      tradeStatus = .canceled
      (until, reason) = (nil, nil)
    case .tradeRescheduled:
      until = deal.course.until
    case .cancelRefused:
      reserveStatus = .reserved
    case .reserveChanged, .reserveDeleted, .reserveArchived, .reserveForgotten, .handoverRequested,
      .tradeReminded, .tradeNext, .tradeTermsChanged,
      .codeRefused:
      break
    }
  }
}

extension Event {
  /// Whether the reservation from now on goes by the name that the event gives the product.
  fileprivate var isNaming: Bool { if case .deal(let step, _) = fact { step.isNaming } else { false } }
}
