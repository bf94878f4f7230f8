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
    note(event)
  }

  private mutating func note(_ event: Event) {
    switch event.fact {
    case .deal(let step, _): note(step)
    case .hold(let step, _, _): stockStatus = step.status
    case .listing, .stock, .rejected: break
    }
  }

  private mutating func note(_ step: DealStep) {
    // A requested cancel can still be refused: until it is decided, the deal's status does not change.
    if step != .reserveCancelRequested, let told = step.status { status = told }
    switch step {
    case .reserveCompleted, .reserveCancelRequested, .reserveCanceled:
      reserveStatus = step.status
    case .tradeStarted, .tradeWaiting:
      tradeStatus = step.status
      // A trade follows its reservation, even if the journal no longer has that event.
      reserveStatus = reserveStatus ?? .reserved
    case .tradeRejected, .tradeCompleted:
      tradeStatus = step.status
    case .tradeCanceled:
      tradeStatus = .canceled
    case .cancelRefused:
      reserveStatus = .reserved
    case .reserveChanged, .reserveDeleted, .handoverRequested:
      break
    }
  }
}
