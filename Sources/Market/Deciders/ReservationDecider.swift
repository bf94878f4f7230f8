/// The reservation worker: keeps reservations, and asks the trade before it cancels one.
public enum ReservationDecider: Decider {
  public typealias State = Reservation?

  public static let isStateOfOneID = true

  public static let worker = DecidingWorker.reservation

  public static let listensTo = worker.listensTo

  public static var initial: State { nil }

  public static func subject(of event: Event) -> Int? {
    if case .deal(_, let deal) = event.fact { deal.reserveid } else { nil }
  }

  public static func decide(
    _ input: Input<ReservationCommand>, at position: EntryID, _ state: inout State,
    under policy: Policy
  ) -> [Event] {
    var decision = Decision<Self>(state, at: position, under: policy)
    switch input {
    case .command(let command, let caller): decision.take(command, caller)
    case .event(let event): decision.follow(event)
    case .time(let timer): decision.meet(timer)
    case .forget(let forget, let caller): decision.forget(forget, caller)
    }
    state = decision.state
    return decision.events
  }

  public static func evolve(_ state: inout State, _ event: Event, at position: EntryID) {
    guard case .deal(let step, let deal) = event.fact else { return }
    if step == .reserveCompleted {
      var deal = deal
      deal.once = false
      state = Reservation(deal)
    }
    state?.apply(step, deal, asker: event.asker, at: position)
    if step == .reserveArchived { state = nil }
  }

  public static func timerChanges(from before: State, to after: State) -> ProductTrade.TimerChanges {
    var changes = ProductTrade.TimerChanges()
    changes.note(after?.timers ?? [], instead: before?.timers ?? [])
    return changes
  }

  public static func outcome(of event: Event, for entity: Entity, state: State) -> Outcome {
    Outcome(of: event, view: state?.view ?? [:])
  }
}

extension Reservation {
  fileprivate mutating func apply(_ step: DealStep, _ deal: Deal, asker: Caller?, at position: EntryID) {
    if step.isNaming, ended == nil { self.deal.productname = deal.productname }
    switch step {
    case .reserveCompleted, .reserveArchived, .handoverRequested, .tradeReminded, .codeRefused:
      break
    case .tradeNext, .tradeTermsChanged:
      // If the listing came while the reservation waited, they can be the first to name it.
      guard ended == nil else { return }
      self.deal.tradeid = deal.tradeid
      self.deal.seller = deal.seller
    case .tradeRescheduled:
      until = deal.course.until
    case .reserveChanged, .reserveDeleted, .reserveForgotten:
      self.deal = deal
    case .reserveCancelRequested:
      self.deal = deal
      cancelRequested = true
      canceler = asker
    case .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeCanceled, .tradeHandedOver,
      .tradeCalledOff, .tradeExpired:
      guard ended == nil else { return }
      if let status = step.status { standing = status }
      // The time of what the trade says: that of an event of one's own is known only once it is on the journal.
      if ended != nil || step == .tradeCanceled { endedAt = position.moment }
      self.deal.tradeid = deal.tradeid
      self.deal.seller = deal.seller
      self.deal.confirm = deal.confirm
      self.deal.cause = deal.cause
      if let price = deal.price { self.deal.terms?.price = price }
      until = deal.course.until
    case .reserveCanceled:
      standing = .canceled
      unlock()
    case .cancelRefused:
      self.deal.delete = false
      unlock()
    }
  }

  private mutating func unlock() {
    cancelRequested = false
    canceler = nil
  }
}
