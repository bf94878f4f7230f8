/// The stock worker: holds units for a deal that starts, and gives them out or back when it ends.
///
/// At all times `free ≥ 0` and `held ≥ 0`.
public enum StockDecider: Decider {
  public typealias State = ProductStock

  public static let isStateOfOneID = false

  public static let worker = DecidingWorker.stock

  public static let listensTo = worker.listensTo

  public static var initial: State { ProductStock() }

  public static func subject(of event: Event) -> Int? { event.productid }

  public static func decide(
    _ input: Input<StockCommand>, at position: EntryID, _ state: inout State, under policy: Policy
  ) throws(BrokenLaw) -> [Event] {
    var decision = Decision<Self>(state, at: position, under: policy)
    switch input {
    case .command(let command, let caller): decision.take(command, caller)
    case .event(let event): try decision.follow(event)
    // These rules have no timers, and a stock says nothing of people but its seller, whom the trade tells.
    case .time, .forget: break
    }
    state = decision.state
    return decision.events
  }

  public static func evolve(_ state: inout State, _ event: Event, at position: EntryID) {
    switch event.fact {
    case .stock(.stockArchived, _): state = initial
    case .stock(.stockWithdrawn, _): state.stock = nil
    case .stock(let step, let level): state.stock = Stock(level, status: step.status)
    case .hold(let step, _, let level) where level.isRegistered:
      state.stock = Stock(level, status: step.status)
    case .listing(.tradeListed, let listing): (state.seller, state.isLeftOver) = (listing.userid, false)
    // Who sold the goods is the only one who can do something with those that are left.
    case .listing(.tradeArchived, let listing) where !listing.isFormer && state.stock != nil:
      state.isLeftOver = true
    case .listing(.tradeArchived, let listing) where !listing.isFormer: state.seller = nil
    case .listing(.tradeForgotten, let listing) where !listing.isFormer: state.seller = listing.userid
    // Listings of older releases were not followed, but their deals are.
    case .deal(_, let deal): state.seller = state.seller ?? deal.seller
    case .hold, .listing, .rejected: break
    }
  }

  public static func outcome(of event: Event, for entity: Entity, state: State) -> Outcome {
    // A stock that was withdrawn can be shown from the event alone.
    if case .stock(let step, let level) = event.fact {
      return Outcome(of: event, view: Stock(level, status: step.status).fields)
    }
    return Outcome(of: event, view: state.stock.fields)
  }
}

extension Decision<StockDecider> {
  mutating func take(_ command: StockCommand, _ caller: Caller?) {
    switch command {
    case .registerStock(let command): register(command, caller)
    case .adjustStock(let command): adjust(command, caller)
    case .withdrawStock(let command): withdraw(command, caller)
    }
  }

  mutating func register(_ command: RegisterStock, _ caller: Caller?) {
    guard caller.mayAct(for: state.seller) else { return refuse(command, .notSeller, caller) }
    guard state.stock == nil else { return refuse(command, .stockExists, caller) }
    let level = StockLevel(
      id: command.id, productid: command.productid, productname: command.productname, qty: command.qty)
    emit(.stock(.stockRegistered, level), to: caller)
  }

  mutating func adjust(_ command: AdjustStock, _ caller: Caller?) {
    guard var level = level(of: command) else { return refuse(command, .notFound, caller) }
    guard caller.mayAct(for: state.seller) else { return refuse(command, .notSeller, caller) }
    guard command.seen.isTrue(of: level) else { return refuse(command, .stale, caller) }
    level.qty = command.qty ?? level.qty
    level.productname = command.productname ?? level.productname
    level.version += 1
    guard level.free >= 0 else { return refuse(command, .belowHeld, caller) }
    emit(.stock(.stockAdjusted, level), to: caller)
  }

  mutating func withdraw(_ command: WithdrawStock, _ caller: Caller?) {
    guard let level = level(of: command) else { return refuse(command, .notFound, caller) }
    guard caller.mayAct(for: state.seller) else { return refuse(command, .notSeller, caller) }
    guard command.seen.isTrue(of: level) else { return refuse(command, .stale, caller) }
    guard level.held == 0 else { return refuse(command, .belowHeld, caller) }
    emit(.stock(.stockWithdrawn, level), to: caller)
    if state.isLeftOver { emit(.stock(.stockArchived, level)) }
  }

  /// Follows the trade, which says what starts and how it ends.
  mutating func follow(_ event: Event) throws(BrokenLaw) {
    observe(event)
    if case .listing(.tradeArchived, let listing) = event.fact, !listing.isFormer,
      let level = state.stock?.level, level.qty == 0
    {
      emit(.stock(.stockArchived, level))
    }
    guard case .deal(let step, let deal) = event.fact, let task = step.stockTask else { return }
    var level = state.stock?.level ?? .unregistered(deal.productid)
    switch task {
    case .hold where level.free >= deal.qty:
      level.held += deal.qty
      emit(.hold(.stockHeld, deal.atRest, level))
    case .hold:
      emit(.hold(.stockShort, deal.atRest, level))
    case .giveOut:
      try checkHeld(deal.qty, of: level, for: event)
      level.held -= deal.qty
      level.qty -= deal.qty
      level.version += 1
      emit(.hold(.stockDecreased, deal.atRest, level))
    case .release where deal.held > 0:
      try checkHeld(deal.held, of: level, for: event)
      level.held -= deal.held
      emit(.hold(.stockReleased, deal, level))
    case .release:
      break
    }
  }

  /// Throws unless the units are held: the trade releases only what the stock has confirmed.
  private func checkHeld(_ qty: Int, of level: StockLevel, for event: Event) throws(BrokenLaw) {
    guard level.held < qty else { return }
    throw BrokenLaw(
      message:
        "\(event.type)\(event.reserveid.map { " of reservation \($0)" } ?? "") takes \(qty) units of product \(level.productid), of which \(level.held) are held."
    )
  }

  private func level(of command: some CommandPayload) -> StockLevel? {
    state.stock?.level.id == command.id ? state.stock?.level : nil
  }
}

extension Seen {
  fileprivate func isTrue(of level: StockLevel) -> Bool { isTrue(version: level.version, held: level.held) }
}
