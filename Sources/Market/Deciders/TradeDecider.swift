/// The trade worker: it alone decides every deal of a product.
///
/// First come, first served: the head of the line blocks those behind it, whatever they ask for.
public enum TradeDecider: Decider {
  public typealias State = ProductTrade

  public static let isStateOfOneID = false

  public static let worker = DecidingWorker.trade

  public static let listensTo = worker.listensTo

  public static var initial: ProductTrade { ProductTrade() }

  public static func subject(of event: Event) -> Int? { event.productid }

  public static func decide(
    _ input: Input<TradeCommand>, at position: EntryID, _ state: inout State,
    under policy: Policy
  ) -> [Event] {
    // The state is moved, not copied: a copy would make the first change copy the whole line.
    let first = state.line.first?.deal.reserveid
    var decision = Decision<Self>(consume state, at: position, under: policy)
    switch input {
    case .command(let command, let caller): decision.take(command, caller)
    case .event(let event): decision.follow(event)
    case .time(let timer): decision.meet(timer)
    case .forget(let asked, let caller): decision.forget(asked, caller)
    }
    // The change can let a waiting deal start, or make one impossible for good.
    decision.workLine()
    decision.tellNext(after: first)
    state = decision.state
    return decision.events
  }

  public static func evolve(_ state: inout State, _ event: Event, at position: EntryID) {
    state.apply(event, at: position)
  }

  public static func outcome(of event: Event, for entity: Entity, state: State) -> Outcome {
    // The reservation of a receipt belongs to another worker; this is what the deal knows of it.
    if entity == .reserve, case .deal(let step, let deal) = event.fact {
      return Outcome(of: event, view: deal.view(step.status))
    }
    // A former listing is not in the state.
    if case .listing(_, let listing) = event.fact { return Outcome(of: event, view: listing.fields) }
    return Outcome(of: event, view: state.listing?.fields ?? [:])
  }

  public static func listing(in state: State) -> Listing? { state.listing }

  public static func timerChanges(from before: State, to after: State) -> ProductTrade.TimerChanges {
    after.timerChanges(since: before)
  }
}

extension Decision<TradeDecider> {
  /// Rejects the deals that can never be met, then starts deals from the head until one has to wait.
  mutating func workLine() {
    let rejected = state.line.compactMap { waiting in hopeless(waiting).map { (waiting.deal, $0) } }
    for (deal, refusal) in rejected { emit(.deal(.tradeRejected, annotated(deal, refusal).atRest)) }
    while let waiting = state.line.first, state.obstacle(waiting.deal.qty) == nil { start(waiting) }
  }

  /// Returns why a waiting deal can never be met; nil while it still can.
  private func hopeless(_ waiting: WaitingDeal) -> Refusal? {
    if let refusal = state.hopeless(waiting.deal.qty) { return refusal }
    guard let listing = state.listing else { return nil }
    if !policy.allowsOwnListing, listing.userid.utf8.elementsEqual(waiting.deal.userid.utf8) {
      return .ownListing
    }
    if policy.price == .listing, let offer = waiting.offer, offer != listing.price { return .priceDiffers }
    return nil
  }

  private mutating func start(_ waiting: WaitingDeal) {
    var deal = annotated(waiting.deal)
    deal.confirm = state.listing?.confirm ?? .none
    if waiting.offer == nil { deal.price = state.listing?.price }
    deal.course = policy.course(running: waiting.reserveDt, at: now)
    emit(.deal(.tradeStarted, deal))
  }

  /// Works the line after a deal has entered it; emits `TradeWaiting` if it has to stay there.
  ///
  /// Only a new deal can find the line full, or another deal of its buyer: one that comes back keeps its place.
  mutating func workLine(_ entered: Deal, isNew: Bool) {
    if isNew, policy.oneReservationEach,
      state.isWaiting(besides: entered) || state.isRunning(besides: entered)
    {
      return emit(.deal(.tradeRejected, annotated(entered, .alreadyReserved).atRest))
    }
    workLine()
    guard let head = state.line.first, let waiting = state.waiting(entered.reserveid) else { return }
    if isNew && entered.once && state.isWaiting(besides: entered) {
      emit(.deal(.tradeRejected, annotated(entered, .alreadyWaiting).atRest))
    } else if isNew && state.line.count > ProductTrade.lineLimit {
      emit(.deal(.tradeRejected, annotated(entered, .lineFull).atRest))
    } else {
      // What stops the head stops every deal behind it.
      var deal = annotated(entered, state.obstacle(head.deal.qty))
      deal.course = policy.course(waiting: waiting.reserveDt, since: waiting.arrived.moment)
      emit(.deal(.tradeWaiting, deal))
    }
  }

  /// Tells the first deal of the line that it is the next one, if it was not the first before.
  mutating func tellNext(after first: Int?) {
    guard let first, let head = state.line.first, head.deal.reserveid != first, !isNew(head) else { return }
    emit(.deal(.tradeNext, annotated(head.deal)))
  }

  /// Whether the deal has entered the line with this decision.
  private func isNew(_ waiting: WaitingDeal) -> Bool {
    events.contains { event in
      if case .deal(.tradeWaiting, let deal) = event.fact {
        deal.reserveid == waiting.deal.reserveid
      } else {
        false
      }
    }
  }

  /// Forgets the seller of the present listing, if that has ended.
  mutating func forget(_ asked: ForgetUser, _ caller: Caller?) {
    guard let listing = state.listing, listing.id == asked.id,
      let event = TradeDecider.forget(asked, in: listing, caller)
    else { return }
    emit(event.fact, to: caller)
  }

  /// The deal with the listing it is in, and the reason.
  func annotated(_ deal: Deal, _ refusal: Refusal? = nil) -> Deal {
    var annotated = deal.withoutTerms
    annotated.tradeid = state.listing?.id
    annotated.seller = state.listing?.userid
    // What sellers are told of their goods is in their own words.
    annotated.productname = state.listing?.productname ?? deal.productname
    annotated.refusal = refusal
    return annotated
  }
}

extension Deal {
  /// The reservation as far as the trade knows it.
  fileprivate func view(_ status: Status?) -> Fields {
    var view: Fields = [
      "id": String(reserveid), "productid": String(productid), "userid": userid, "productname": productname,
      "qty": String(qty),
    ]
    view.write("status", status?.rawValue)
    view.write(confirm)
    return view
  }
}
