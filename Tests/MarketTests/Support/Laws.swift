@testable import Market

/// The laws of the market, checked at every step and once all is quiet.
struct Laws {
  private var standings: [Int: Status] = [:]
  private var ends: [Int: Event] = [:]
  private var made: [String: Event] = [:]
  /// The reservations that are archived.
  private var archived: Set<Int> = []

  /// A deal ends once, and an id is given once.
  mutating func check(said event: Event) throws {
    if let id = event.newID {
      let former = made.updateValue(event, forKey: "\(event.type) \(id)")
      try require(former == nil, "\(event) after \(String(describing: former))")
    }
    if case .deal(let step, let deal) = event.fact {
      try require(!archived.contains(deal.reserveid), "\(event) of what has left")
      if step == .reserveArchived {
        try require(ends[deal.reserveid] != nil, "\(event) of what goes on")
        archived.insert(deal.reserveid)
      }
    }
    if case .listing(.tradeArchived, let listing) = event.fact {
      try require(listing.closed != nil && listing.held == 0, "\(event) of what goes on")
    }
    if case .stock(.stockArchived, let level) = event.fact {
      try require(level.qty == 0 && level.held == 0, "\(event) of what is there")
    }
    guard case .deal(let step, let deal) = event.fact, Self.ends(step) else { return }
    try require(ends[deal.reserveid] == nil, "\(event) after \(String(describing: ends[deal.reserveid]))")
    ends[deal.reserveid] = event
  }

  /// Whether the trade ends a deal by this step.
  private static func ends(_ step: DealStep) -> Bool {
    switch step {
    case .tradeCompleted, .tradeRejected, .tradeCanceled, .tradeCalledOff, .tradeExpired: true
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .reserveArchived, .reserveForgotten,
      .tradeStarted, .tradeWaiting, .handoverRequested, .cancelRefused, .tradeHandedOver, .tradeReminded,
      .tradeRescheduled, .tradeNext, .tradeTermsChanged, .codeRefused:
      false
    }
  }

  /// What has ended does not change.
  mutating func check(reservation: Reservation?) throws {
    guard let reservation else { return }
    if let before = standings[reservation.deal.reserveid], before.span == .final {
      try require(reservation.standing == before, "\(reservation) was \(before)")
    }
    standings[reservation.deal.reserveid] = reservation.standing
  }

  /// Nothing is sold twice, and nobody is overtaken by a later buyer.
  func check(trade: ProductTrade, after events: [Event], under policy: Policy) throws {
    let running = trade.running.values.reduce(0) { $0 + $1.deal.qty }
    if let listing = trade.listing {
      try require(listing.free >= 0 && listing.sold >= 0, "oversold: \(listing)")
      try require(listing.held == running, "held is not what runs: \(trade)")
    }
    try require(trade.owed >= 0, "owed: \(trade)")
    try require(trade.line.map(\.arrived) == trade.line.map(\.arrived).sorted(), "line: \(trade)")
    for case .deal(.tradeStarted, let deal) in events.map(\.fact) {
      guard let started = trade.running[deal.reserveid] else { throw Violation("\(deal) does not run") }
      let passed = trade.line.first { $0.arrived < started.waiting.arrived }
      try require(passed == nil, "\(deal.reserveid) passed \(String(describing: passed))")
    }
    for case .deal(.cancelRefused, let deal) in events.map(\.fact) {
      try require(
        ends[deal.reserveid] != nil || events.count > 1 || deal.refusal == .alreadyHandedOver,
        "refused a cancel of what goes on: \(deal)")
    }
    let buyers = trade.running.values.map(\.deal.userid) + trade.line.map(\.deal.userid)
    if policy.oneReservationEach {
      try require(Set(buyers).count == buyers.count, "two reservations of one buyer: \(trade)")
    }
    for deal in trade.running.values {
      if !policy.allowsOwnListing { try require(deal.deal.userid != deal.deal.seller, "own goods: \(deal)") }
      let mayEnd = deal.phase == .awaitingReceipt ? policy.receipt > 0 : policy.expiry > 0
      try require((deal.deal.course.until != nil) == mayEnd, "no end, or one that is off: \(deal)")
    }
    for deal in trade.line where !events.isEmpty {
      try require(
        (deal.deal.course.until != nil) == (policy.waiting > 0), "no end, or one that is off: \(deal)")
    }
  }

  /// Stock is never negative.
  func check(stock: Stock?) throws {
    guard let level = stock?.level else { return }
    try require(level.free >= 0 && level.held >= 0, "stock: \(level)")
  }

  /// Nobody changes what is somebody else's.
  func check<Command>(sentBy input: Input<Command>, _ events: [Event], seller: String?) throws {
    guard case .command(let command, let caller?) = input, let actor = caller.actor, !actor.isOperator else {
      return
    }
    for event in events where event.caller == caller || event.asker == caller {
      let owner: String?
      switch event.fact {
      case .deal(let step, let deal):
        owner =
          step.worker == .reservation || command.kind == .confirmReceipt ? deal.userid : deal.seller ?? seller
      case .listing(_, let listing): owner = listing.userid
      case .stock: owner = seller
      case .hold, .rejected: continue
      }
      try require(owner == actor.userid, "\(command) of \(actor.userid) made \(event)")
    }
  }

  /// Nobody changes what they have not seen.
  func check<Command>(seenBy input: Input<Command>, _ events: [Event]) throws {
    guard case .command(let command, _) = input else { return }
    for event in events where event.caller != nil {
      let (now, held): (Int, Int?)
      switch event.fact {
      case .deal(.reserveChanged, let deal): (now, held) = (deal.terms?.version ?? 1, nil)
      case .listing(.tradeChanged, let listing): (now, held) = (listing.version, listing.held)
      case .stock(.stockAdjusted, let level): (now, held) = (level.version, level.held)
      case .deal, .hold, .listing, .stock, .rejected: continue
      }
      let seen = try Seen(fields: command.payload.details)
      try require(seen.version.map { $0 + 1 == now } ?? true, "\(command) made \(event)")
      try require(held == nil || seen.held ?? held == held, "\(command) made \(event)")
    }
  }

  /// Once all is quiet, all workers agree, and every caller was answered once.
  static func checkQuiet(_ world: World) throws {
    var seen: [Int: Status] = [:]
    for product in world.trades.keys {
      let trade = world.trades.state(product)
      let stock = world.stocks.state(product).stock
      let running = trade.running.values.reduce(0) { $0 + $1.deal.qty }
      try require(
        trade.owed == 0 && trade.onHand == stock?.level.qty, "\(trade)\n  of \(String(describing: stock))")
      try require(stock?.level.held ?? 0 == running, "\(trade)\n  of \(String(describing: stock))")
      try require(
        trade.running.values.allSatisfy {
          ($0.phase == .held || $0.phase == .awaitingReceipt) && !$0.cancelRequested
            && $0.handoverCaller == nil
        },
        "unsettled: \(trade)")
      try require(trade.line.allSatisfy { trade.hopeless($0.deal.qty) == nil }, "hopeless: \(trade)")
      if let head = trade.line.first { try require(trade.obstacle(head.deal.qty) != nil, "stuck: \(trade)") }
      for (id, deal) in trade.running { seen[id] = deal.phase == .held ? .running : .handedOver }
      for waiting in trade.line { seen[waiting.deal.reserveid] = .waiting }
    }
    let former = world.trades.past.listings.values.flatMap(\.timers)
    let present = world.trades.keys.flatMap { world.trades.state($0).timers }
    let ended = world.reservations.keys.flatMap { world.reservations.state($0)?.timers ?? [] }
    for (worker, timers) in [(DecidingWorker.trade, present + former), (.reservation, ended)] {
      try require(Set(timers).count == timers.count, "the same timer twice: \(timers)")
      let wrong = Set(timers).symmetricDifference(world.timers[worker] ?? [])
      try require(wrong.isEmpty, "timers without their states, or the other way round: \(wrong)")
    }
    for id in world.reservations.keys {
      guard let reservation = world.reservations.state(id) else { continue }
      try require(!reservation.cancelRequested && reservation.canceler == nil, "locked: \(reservation)")
      let agrees = seen[id].map { $0 == reservation.status } ?? (reservation.ended != nil)
      let until = world.trades.state(reservation.deal.productid).until(of: id)
      try require(reservation.until == until, "\(reservation) ends \(String(describing: until))")
      try require(agrees, "\(reservation) but the trade says \(String(describing: seen[id]))")
    }
    for (_, asked) in DecidingWorker.allCases.flatMap({ world.log($0).entries }) {
      guard case .command(let command, let caller) = asked else { continue }
      let outcomes = world.outcomes[caller.commandid] ?? []
      try require(outcomes.count == 1, "\(command) came to \(outcomes)")
    }
    try world.reservations.checkReplay()
    try world.trades.checkReplay()
    try world.stocks.checkReplay()
  }
}

extension ProductTrade {
  /// When a deal under way ends by itself.
  fileprivate func until(of reserveid: Int) -> Moment? {
    (running[reserveid]?.deal ?? waiting(reserveid)?.deal)?.course.until
  }
}
