import Market

extension TradeDecider: Replayable {
  /// A product's deals depend on all earlier events, so no event starts a new state.
  static func begins(with event: Event) -> Bool { false }

  static func former(in state: ProductTrade, before event: Event) -> Listing? {
    switch event.fact {
    case .listing(.tradeListed, _): return state.listing
    case .listing(.tradeDeleted, var listing), .listing(.tradeForgotten, var listing):
      listing.isFormer = false
      return listing.id == state.listing?.id ? nil : listing
    case .listing, .deal, .hold, .stock, .rejected: return nil
    }
  }

  static func permits(_ entry: JournalEntry, in state: ProductTrade, after observed: Event?) -> Bool {
    switch entry.event.fact {
    case .deal(let step, let deal):
      DealRules(state: state, now: entry.position.moment, caller: entry.event.caller, observed: observed)
        .permit(step, deal)
    case .listing(let step, let listing): permits(step, listing, in: state, at: entry.position.moment)
    case .hold, .stock, .rejected: false
    }
  }

  private static func permits(
    _ step: ListingStep, _ listing: Listing, in state: ProductTrade, at now: Moment
  ) -> Bool {
    let isOpen = state.listing.map { $0.closed == nil } ?? false
    guard var expected = state.listing, expected.id == listing.id else {
      return switch step {
      case .tradeListed:
        !isOpen && state.running.isEmpty && listing.held == 0 && listing.sold == 0 && !listing.withdrawn
          && !listing.isDeleted && listing.version == 1
      case .tradeDeleted: listing.isDeleted && listing.closed != nil
      case .tradeArchived: listing.isFormer && listing.closed != nil
      case .tradeForgotten: listing.isFormer && listing.closed != nil && listing.userid == Forgotten.user
      case .tradeChanged, .tradeWithdrawn, .listingReminded: false
      }
    }
    switch step {
    case .tradeListed: return false
    case .tradeChanged:
      (expected.qty, expected.price, expected.productname) = (listing.qty, listing.price, listing.productname)
      guard isOpen, listing.free >= 0, listing.version.follows(expected.version) else { return false }
      expected.version = listing.version
      if listing.closed != nil { expected.endedAt = listing.endedAt }
    case .tradeWithdrawn:
      guard isOpen, state.running.isEmpty else { return false }
      (expected.withdrawn, expected.isDeleted, expected.endedAt) = (true, listing.isDeleted, listing.endedAt)
    case .listingReminded:
      guard isOpen, expected.remindAt.isReached(at: now) else { return false }
      if let next = listing.remindAt, let last = expected.remindAt, next <= last { return false }
      expected.remindAt = listing.remindAt
    case .tradeDeleted:
      guard expected.closed != nil else { return false }
      expected.isDeleted = true
    case .tradeArchived:
      guard expected.closed != nil else { return false }
    case .tradeForgotten:
      guard expected.closed != nil else { return false }
      expected.userid = Forgotten.user
    }
    return listing == expected
  }
}

/// What the trade can say of one deal in a state, and how.
private struct DealRules {
  let state: ProductTrade
  /// When it was said.
  let now: Moment
  let caller: Caller?
  /// What the trade has just observed.
  let observed: Event?

  func permit(_ step: DealStep, _ deal: Deal) -> Bool {
    let running = state.running[deal.reserveid]
    let waiting = state.waiting(deal.reserveid)
    let isFirst = state.line.first?.deal.reserveid == deal.reserveid
    switch step {
    case .tradeStarted:
      return tells(deal, of: waiting?.deal) {
        ($0.confirm, $0.price) = (listing?.confirm ?? .none, waiting?.offer == nil ? listing?.price : nil)
        ($0.course.until, $0.course.remindAt) = (deal.course.until, deal.course.remindAt)
      } && isFirst && state.hasFree(deal.qty)
    case .tradeWaiting:
      return tells(deal, of: waiting?.deal) {
        ($0.refusal, $0.course.until) = (obstacle, deal.course.until)
      } && state.line.first.map { !state.hasFree($0.deal.qty) } ?? false
    case .tradeRejected:
      let isByTime = deal.refusal == .waitedTooLong || deal.refusal == .datePassed
      return ends(deal, waiting?.deal, held: 0) { $0.refusal = deal.refusal } && deal.refusal != nil
        && (!isByTime || waiting?.deal.course.until.isReached(at: now) == true)
    case .tradeNext:
      return tells(deal, of: waiting?.deal) && isFirst
    case .tradeCanceled where deal.held == 0:
      return ends(deal, waiting?.deal, held: 0) && isObserved(of: deal.reserveid)
    case .tradeCanceled:
      return ends(deal, running?.deal, held: deal.qty) && running?.phase == .held
        && running?.cancelRequested == true
    case .handoverRequested:
      return tells(deal, of: running?.deal) && running?.phase == .starting
        && running?.cancelRequested == false
    case .tradeCompleted:
      let confirmed = caller != nil || running?.deal.course.until.isReached(at: now) == true
      let endsListing = listing.map { $0.sold + deal.qty == $0.qty } ?? false
      return ends(deal, running?.deal, held: 0) { $0.course.soldOutAt = deal.course.soldOutAt }
        && (endsListing || deal.course.soldOutAt == nil)
        && (running?.deal.confirm == .buyer
          ? running?.phase == .awaitingReceipt && confirmed : running?.phase == .held)
    case .tradeHandedOver:
      return tells(deal, of: running?.deal) {
        $0.course = Course()
        $0.course.until = deal.course.until
      } && running?.phase == .held && deal.confirm == .buyer
    case .tradeExpired:
      return ends(deal, running?.deal, held: deal.qty) && running?.phase == .held
        && running?.deal.course.until.isReached(at: now) == true
    case .tradeCalledOff where deal.held == 0:
      return ends(deal, waiting?.deal, held: 0) { $0.cause = deal.cause } && deal.cause != nil
    case .tradeCalledOff:
      return ends(deal, running?.deal, held: deal.qty) { $0.cause = deal.cause } && deal.cause != nil
        && running?.cancelRequested == false
        && (running?.phase == .held || running?.phase == .awaitingReceipt)
    case .tradeReminded:
      return tells(deal, of: running?.deal) { $0.course.remindAt = deal.course.remindAt }
        && running?.phase != .awaitingReceipt
        && running?.deal.course.remindAt.isReached(at: now) == true
        && deal.course.remindAt.map { $0 > running?.deal.course.remindAt ?? $0 } ?? true
    case .tradeRescheduled:
      let known = running?.deal ?? waiting?.deal
      return tells(deal, of: known) {
        $0.course.until = deal.course.until
        if running != nil { $0.course.remindAt = deal.course.remindAt }
      } && running?.phase != .awaitingReceipt && deal.course != known?.course
    case .tradeTermsChanged:
      return tells(deal, of: running?.deal ?? waiting?.deal)
    case .codeRefused:
      return tells(deal, of: running?.deal) {
        ($0.course.wrongCodes, $0.course.pausedUntil) = (deal.course.wrongCodes, deal.course.pausedUntil)
      } && countsWrongCode(deal.course, after: running) && running?.cancelRequested == false
    case .cancelRefused:
      if let running {
        return running.phase == .awaitingReceipt && running.cancelRequested
          && deal.refusal == .alreadyHandedOver
      }
      // If it came before the units were held, the handover came first.
      return waiting == nil
        && (deal.refusal == .alreadyCompleted || deal.refusal != nil && isObserved(of: deal.reserveid))
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .reserveArchived, .reserveForgotten:
      return false
    }
  }

  private var listing: Listing? { state.listing }

  /// Why a deal waits: what stops the first one of the line.
  private var obstacle: Refusal {
    listing == nil ? .noListing : state.onHand == nil ? .noStock : .notFree
  }

  /// Whether the trade was asked for this cancel, or the stock could not hold the units of a deal whose cancel was
  /// remembered.
  private func isObserved(of reserveid: Int) -> Bool {
    switch observed?.fact {
    case .deal(.reserveCancelRequested, let asked): asked.reserveid == reserveid
    case .hold(.stockShort, let asked, _): asked.reserveid == reserveid
    case .deal, .hold, .listing, .stock, .rejected, nil: false
    }
  }

  /// Whether one more wrong code is counted, or the last one of a series pauses the deal.
  private func countsWrongCode(_ course: Course, after running: RunningDeal?) -> Bool {
    guard let running, running.deal.confirm == .code, running.phase == .starting || running.phase == .held
    else {
      return false
    }
    if let paused = running.deal.course.pausedUntil, !Moment?.some(paused).isReached(at: now) { return false }
    return course.pausedUntil == nil
      ? course.wrongCodes == running.deal.course.wrongCodes + 1
      : course.wrongCodes == 0
  }

  /// Returns whether an event tells a deal as the trade knows it, but for what `change` says.
  ///
  /// A deal that is told of is in the present listing, or still without one. It has the name of the listing, or the
  /// one that its buyer gave it.
  private func tells(_ deal: Deal, of known: Deal?, but change: (inout Deal) -> Void = { _ in }) -> Bool {
    guard var expected = known else { return false }
    if let listing, deal.tradeid == listing.id, deal.seller == listing.userid {
      (expected.tradeid, expected.seller) = (listing.id, listing.userid)
      if deal.productname == listing.productname { expected.productname = listing.productname }
    }
    change(&expected)
    expected.delete = deal.delete
    return expected == deal
  }

  /// The same for the end of a deal, after which nothing is due.
  private func ends(
    _ deal: Deal, _ known: Deal?, held: Int, but change: (inout Deal) -> Void = { _ in }
  ) -> Bool {
    tells(deal, of: known?.atRest) {
      $0.held = held
      change(&$0)
    }
  }
}

extension Moment? {
  /// How much the clocks of two nodes can differ, in milliseconds.
  private static let slack = 60_000

  /// Whether something was due at `now`.
  fileprivate func isReached(at now: Moment) -> Bool {
    map { $0 <= now.advanced(by: Self.slack) } ?? false
  }
}

extension ProductTrade {
  /// Returns whether a deal of `qty` units could start now if it were first in the line.
  func hasFree(_ qty: Int) -> Bool {
    guard let listing, listing.closed == nil, let onHand else { return false }
    return qty <= min(listing.free, onHand - owed - listing.held)
  }
}
