/// The stock worker: holds units for a deal that starts, and gives them out or back when it ends.
///
/// At all times `free ≥ 0` and `held ≥ 0`.
public enum StockDecider: Decider {
  public typealias State = Stock?

  public static let isStateOfOneID = false

  public static let listensTo = DecidingWorker.stock.listensTo

  public static func decide(
    _ input: Input, at position: EntryID, _ state: inout State
  ) throws(BrokenLaw) -> [Event] {
    var decision = Decision<Self>(state, at: position)
    switch input {
    case .command(let command, let caller): decision.take(command, caller)
    case .event(let event): try decision.follow(event)
    }
    state = decision.state
    return decision.events
  }

  public static func evolve(_ state: inout State, _ event: Event, at position: EntryID) {
    switch event.fact {
    case .stock(.stockWithdrawn, _): state = nil
    case .stock(let step, let level): state = Stock(level, status: step.status)
    case .hold(let step, _, let level) where level.isRegistered: state = Stock(level, status: step.status)
    case .hold, .deal, .listing, .rejected: break
    }
  }

  public static func outcome(of event: Event, state: State) -> Outcome {
    // A stock that was withdrawn can be shown from the event alone.
    if case .stock(let step, let level) = event.fact {
      return Outcome(of: event, view: Stock(level, status: step.status).fields)
    }
    return Outcome(of: event, view: state.fields)
  }
}
