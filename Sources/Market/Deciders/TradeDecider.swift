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

  public static func decide(_ input: Input<TradeCommand>, at position: EntryID, _ state: inout State)
    -> [Event]
  {
    // The state is moved, not copied: a copy would make the first change copy the whole line.
    var decision = Decision<Self>(consume state, at: position)
    switch input {
    case .command(let command, let caller): decision.take(command, caller)
    case .event(let event): decision.follow(event)
    }
    // The change can let a waiting deal start, or make one impossible for good.
    decision.workLine()
    state = decision.state
    return decision.events
  }

  public static func evolve(_ state: inout State, _ event: Event, at position: EntryID) {
    state.apply(event, at: position)
  }

  public static func outcome(of event: Event, state: State) -> Outcome {
    // A former listing is not in the state.
    if case .listing(_, let listing) = event.fact { return Outcome(of: event, view: listing.fields) }
    return Outcome(of: event, view: state.listing?.fields ?? [:])
  }

  public static func listing(in state: State) -> Listing? { state.listing }
}

extension Decision<TradeDecider> {
  /// Rejects the deals that can never be met, then starts deals from the head until one has to wait.
  mutating func workLine() {
    let hopeless = state.line.filter { state.hopeless($0.deal.qty) != nil }
    for waiting in hopeless {
      emit(.deal(.tradeRejected, annotated(waiting.deal, state.hopeless(waiting.deal.qty))))
    }
    while let deal = state.line.first?.deal, state.obstacle(deal.qty) == nil {
      emit(.deal(.tradeStarted, annotated(deal)))
    }
  }

  /// Works the line after a deal has entered it; emits `TradeWaiting` if it has to stay there.
  ///
  /// Only a new deal can find the line full, or another deal of its buyer in it: one that comes back keeps its place.
  mutating func workLine(_ entered: Deal, isNew: Bool) {
    workLine()
    guard let head = state.line.first, state.isWaiting(entered.reserveid) else { return }
    if isNew && entered.once && state.isWaiting(besides: entered) {
      emit(.deal(.tradeRejected, annotated(entered, .alreadyWaiting)))
    } else if isNew && state.line.count > ProductTrade.lineLimit {
      emit(.deal(.tradeRejected, annotated(entered, .lineFull)))
    } else {
      // What stops the head stops every deal behind it.
      emit(.deal(.tradeWaiting, annotated(entered, state.obstacle(head.deal.qty))))
    }
  }

  /// The deal with the listing it is in, and the reason.
  func annotated(_ deal: Deal, _ refusal: Refusal? = nil) -> Deal {
    var annotated = deal.withoutTerms
    annotated.tradeid = state.listing?.id
    annotated.seller = state.listing?.userid
    annotated.refusal = refusal
    return annotated
  }
}
