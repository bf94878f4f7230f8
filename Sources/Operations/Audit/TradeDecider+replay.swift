import Market

extension TradeDecider: Replayable {
  /// A product's deals depend on all earlier events, so no event starts a new state.
  static func begins(with event: Event) -> Bool { false }

  static func former(in state: ProductTrade, before event: Event) -> Listing? {
    switch event.fact {
    case .listing(.tradeListed, _): state.listing
    case .listing(.tradeDeleted, let listing) where listing.id != state.listing?.id: listing
    case .listing, .deal, .hold, .stock, .rejected: nil
    }
  }

  static func permits(_ event: Event, in state: ProductTrade, after observed: Event?) -> Bool {
    switch event.fact {
    case .deal(let step, let deal): permits(step, deal, in: state)
    case .listing(let step, let listing): permits(step, listing, in: state)
    case .hold, .stock, .rejected: false
    }
  }

  private static func permits(_ step: DealStep, _ deal: Deal, in state: ProductTrade) -> Bool {
    let running = state.running[deal.reserveid]
    let waiting = state.line.first { $0.deal.reserveid == deal.reserveid }?.deal
    return switch step {
    case .tradeStarted:
      state.line.first?.deal.reserveid == deal.reserveid && deal.isTold(of: waiting)
        && state.hasFree(deal.qty)
    case .tradeWaiting, .tradeRejected, .tradeNext:
      deal.isTold(of: waiting)
    case .tradeCanceled where deal.held == 0:
      deal.isTold(of: waiting)
    case .tradeCanceled:
      deal.isTold(of: running?.deal) && running?.phase == .held && running?.cancelRequested == true
        && deal.held == deal.qty
    case .handoverRequested:
      deal.isTold(of: running?.deal) && running?.phase == .starting
    case .tradeCompleted:
      deal.isTold(of: running?.deal)
        && running?.phase == (running?.deal.confirm == .buyer ? .awaitingReceipt : .held)
    case .tradeHandedOver:
      deal.isTold(of: running?.deal) && running?.phase == .held && deal.confirm == .buyer
    case .tradeExpired:
      deal.isTold(of: running?.deal) && running?.phase == .held && deal.held == deal.qty
    case .tradeCalledOff where deal.held == 0:
      deal.isTold(of: waiting)
    case .tradeCalledOff:
      deal.isTold(of: running?.deal) && deal.held == deal.qty
        && (running?.phase == .held || running?.phase == .awaitingReceipt)
    case .tradeReminded, .codeRefused:
      deal.isTold(of: running?.deal)
    case .tradeRescheduled, .tradeTermsChanged:
      deal.isTold(of: running?.deal) || deal.isTold(of: waiting)
    case .cancelRefused:
      waiting == nil && (running == nil || running?.phase == .awaitingReceipt)
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted:
      false
    }
  }

  private static func permits(_ step: ListingStep, _ listing: Listing, in state: ProductTrade) -> Bool {
    let isLast = state.listing?.id == listing.id
    let isOpen = state.listing.map { $0.closed == nil } ?? false
    return switch step {
    case .tradeListed:
      !isOpen && !isLast && state.running.isEmpty && listing.held == 0 && listing.sold == 0
    case .tradeChanged:
      isLast && isOpen && listing.held == state.listing?.held && listing.sold == state.listing?.sold
        && listing.free >= 0 && listing.version.follows(state.listing?.version ?? 1)
    case .tradeWithdrawn:
      isLast && isOpen && state.running.isEmpty && listing.withdrawn && listing.sold == state.listing?.sold
    case .listingReminded:
      isLast && isOpen && listing.held == state.listing?.held && listing.sold == state.listing?.sold
    case .tradeDeleted:
      listing.isDeleted && listing.closed != nil && (!isLast || listing.sold == state.listing?.sold)
    }
  }
}

extension ProductTrade {
  /// Returns whether a deal of `qty` units could start now if it were first in the line.
  func hasFree(_ qty: Int) -> Bool {
    guard let listing, listing.closed == nil, let onHand else { return false }
    return qty <= min(listing.free, onHand - owed - listing.held)
  }
}

extension Deal {
  /// Returns whether it equals the deal that the trade has, except for the fields that each event adds.
  fileprivate func isTold(of known: Deal?) -> Bool {
    guard var known else { return false }
    known.tradeid = tradeid
    known.seller = seller
    known.refusal = refusal
    known.held = held
    known.delete = delete
    known.productname = productname
    (known.cause, known.confirm, known.price, known.course) = (cause, confirm, price, course)
    return known == self
  }
}
