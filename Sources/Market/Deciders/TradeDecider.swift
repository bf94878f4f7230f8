/// The trade worker: the one judge of every deal in a product.
///
/// First come, first served: the head of the line blocks those behind it, whatever they ask for.
public enum TradeDecider: Decider {
  public typealias State = ProductTrade

  public static let isStateOfOneID = false

  public static let listensTo = DecidingWorker.trade.listensTo

  public static func decide(_ input: Input, at position: EntryID, _ state: inout State) -> [Event] {
    // The state is moved, not copied: a copy would make the first change copy the whole line.
    var decision = Decision<Self>(consume state, at: position)
    switch input {
    case .command(let command, let caller): decision.take(command, caller)
    case .event(let event): decision.follow(event)
    }
    // Whatever changed may have let somebody in, or left somebody without hope.
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
