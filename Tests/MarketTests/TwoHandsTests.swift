import Testing

@testable import Market

/// Ways out for both sides, and handovers that both sides agree on.
@Suite struct TwoHandsTests {
  private let rules = TradeDecider.self
  private var policy: Policy {
    var policy = Policy.timeless
    policy.codes = HandoverCodes(secret: "a secret of the tests".utf8)
    policy.receipt = 3 * Policy.day
    return policy
  }

  private func running(
    confirm: Market.Confirmation = .none, under policy: Policy? = nil
  ) throws -> Scenario<TradeDecider> {
    try Scenario(
      rules,
      [
        .ask(.list(confirm: confirm)), .told(.stockRegistered, level(1)), .reserved(1), .reserved(2),
        .told(.stockHeld, 1, level(1, held: 1)),
      ], under: policy ?? self.policy)
  }

  private func code(_ id: Int, _ scenario: Scenario<TradeDecider>) throws -> String {
    let deal = try #require(scenario.state.running[id])
    return try #require(policy.codes).code(of: id, arrived: deal.waiting.arrived)
  }

  // MARK: The seller's way out

  @Test func `the seller calls a running deal off, and the next one starts`() throws {
    let off = try running().when(.ask(.callOff(reserve: 1, .noShow)))
      .then("TradeCalledOff #1 noShow held 1 → me", "TradeStarted #2")
    off.when(.ask(.callOff(reserve: 1))).then("CommandRejected notFound → me")
    off.when(.ask(.handOver(reserve: 1))).then("CommandRejected notFound → me")
    off.when(.told(.reserveCancelRequested, 1)).then("CancelRefused #1 alreadyEnded")
  }

  @Test func `the seller calls a waiting deal off`() throws {
    try running().when(.ask(.callOff(reserve: 2, .changedMind))).then("TradeCalledOff #2 changedMind → me")
  }

  @Test func `only the seller calls a deal off`() throws {
    let deal = try running()
    deal.when(.ask(.callOff(reserve: 1), as: ActingUser("buyer1"))).then("CommandRejected notYours → me")
    deal.when(.ask(.callOff(reserve: 1), as: ActingUser("seller")))
      .then("TradeCalledOff #1 noShow held 1 → me", "TradeStarted #2")
    deal.when(.ask(.callOff(7, reserve: 1))).then("CommandRejected notFound → me")
    deal.when(.ask(.callOff(reserve: 1, seen: Seen(held: 0)))).then("CommandRejected stale → me")
  }

  @Test func `a deal whose stock has not answered cannot be called off yet`() throws {
    let starting = try Scenario(rules, [.ask(.list()), .told(.stockRegistered, level(1)), .reserved(1)])
    starting.when(.ask(.callOff(reserve: 1))).then("CommandRejected notStarted → me")
    starting.when(.ask(.handOver()), .ask(.callOff(reserve: 1)))
      .then("HandoverRequested #1", "CommandRejected handoverInProgress → me")
    starting.when(.told(.reserveCancelRequested, 1), .ask(.callOff(reserve: 1)))
      .then("CommandRejected cancelInProgress → me")
  }

  // MARK: The buyer's receipt

  @Test func `a deal that the buyer has to confirm is handed over first`() throws {
    let handed = try running(confirm: .buyer).when(.ask(.handOver())).then("TradeHandedOver #1 → me")
    #expect(handed.state.running[1]?.phase == .awaitingReceipt)
    #expect(handed.state.listing?.sold == 0)
    handed.when(.ask(.handOver())).then("CommandRejected alreadyHandedOver → me")
    handed.when(.told(.reserveCancelRequested, 1)).then("CancelRefused #1 alreadyHandedOver")
      .when(.ask(.received(1))).then("TradeCompleted #1 → me", "TradeRejected #2 soldOut")
    handed.when(.ask(.callOff(reserve: 1, .damaged))).then(
      "TradeCalledOff #1 damaged held 1 → me", "TradeStarted #2")
  }

  @Test func `only the buyer confirms, and only what was handed over`() throws {
    let deal = try running(confirm: .buyer).when(.ask(.received(1))).then(
      "CommandRejected notHandedOver → me")
    deal.when(.ask(.received(2))).then("CommandRejected notHandedOver → me")
    deal.when(.ask(.received(9))).then("CommandRejected notFound → me")
    let handed = deal.when(.ask(.handOver()))
    handed.when(.ask(.received(1), as: ActingUser("seller"))).then("CommandRejected notYours → me")
    handed.when(.ask(.received(1), as: ActingUser("buyer1")))
      .then("TradeCompleted #1 → me", "TradeRejected #2 soldOut")
  }

  @Test func `a receipt that never comes is taken for given after three days`() throws {
    let handed = try running(confirm: .buyer).when(.ask(.handOver()))
    let timer = try #require(handed.state.timers.first)
    #expect(timer.kind == .receipt && timer.due == handed.now.advanced(by: 3 * Policy.day))
    handed.after(3 * Policy.day).when(.time(timer)).then("TradeCompleted #1", "TradeRejected #2 soldOut")
    handed.when(.ask(.received(1)), .time(timer)).then("TradeCompleted #1 → me", "TradeRejected #2 soldOut")
  }

  @Test func `a handover that came before the stock is confirmed by the buyer too`() throws {
    let early = try Scenario(
      rules,
      [.ask(.list(confirm: .buyer)), .told(.stockRegistered, level(1)), .reserved(1), .ask(.handOver())],
      under: policy)
    early.when(.told(.stockHeld, 1, level(1, held: 1))).then("TradeHandedOver #1 → me")
    let both = early.when(.told(.reserveCancelRequested, 1), .told(.stockHeld, 1, level(1, held: 1)))
      .then("TradeHandedOver #1 → me", "CancelRefused #1 alreadyHandedOver")
    #expect(both.state.running[1]?.cancelRequested == false)
  }

  @Test func `the answer to a receipt is about the reservation`() throws {
    let handed = try running(confirm: .buyer).when(.ask(.handOver()))
    var state = handed.state
    let events = rules.decide(.ask(.received(1)), at: .zero, &state, under: policy)
    let outcome = rules.outcome(of: try #require(events.first), for: .reserve, state: state)
    #expect(outcome.accepted && outcome.fields["id"] == "1" && outcome.fields["userid"] == "buyer1")
    #expect(outcome.fields["status"] == Status.completed.rawValue)
  }

  // MARK: The code

  @Test func `the right code completes a deal`() throws {
    let deal = try running(confirm: .code)
    deal.when(.ask(.handOver())).then("CommandRejected codeNeeded → me")
    deal.when(.ask(.handOver(code: try code(1, deal))))
      .then("TradeCompleted #1 → me", "TradeRejected #2 soldOut")
  }

  @Test func `five wrong codes pause a deal for five minutes`() throws {
    let deal = try running(confirm: .code)
    let right = try code(1, deal)
    let wrong = right == "0000" ? "1111" : "0000"
    var tried = deal
    for _ in 1...5 {
      tried = tried.when(.ask(.handOver(code: wrong))).then(
        "CodeRefused #1", "CommandRejected wrongCode → me")
    }
    tried.when(.ask(.handOver(code: right))).then("CommandRejected codePaused → me")
    // Neither does another date end the pause.
    tried.when(.moved(1, to: "2027-01-01"), .ask(.handOver(code: right))).then(
      "CommandRejected codePaused → me")
    let later = tried.after(5 * Policy.minute)
    later.when(.ask(.handOver(code: wrong)), .ask(.handOver(code: right)))
      .then(
        "CodeRefused #1", "CommandRejected wrongCode → me", "TradeCompleted #1 → me",
        "TradeRejected #2 soldOut")
  }

  @Test func `a refusal says when to try again`() throws {
    let deal = try running(confirm: .code)
    let wrong = try code(1, deal) == "0000" ? "1111" : "0000"
    var (state, last) = (deal.state, [Event]())
    for _ in 1...6 { last = rules.decide(.ask(.handOver(code: wrong)), at: .zero, &state, under: policy) }
    guard case .rejected(let rejection) = last.last?.fact else { throw Violation("not refused: \(last)") }
    #expect(rejection.refusal == .codePaused && rejection.retryAt?.milliseconds == UInt64(5 * Policy.minute))
  }

  @Test func `a code is checked before a handover is remembered`() throws {
    let starting = try Scenario(
      rules, [.ask(.list(confirm: .code)), .told(.stockRegistered, level(1)), .reserved(1)], under: policy)
    let right = try code(1, starting)
    starting.when(.ask(.handOver(code: right == "0000" ? "1111" : "0000")))
      .then("CodeRefused #1", "CommandRejected wrongCode → me")
    starting.when(.ask(.handOver(code: right)), .told(.stockHeld, 1, level(1, held: 1)))
      .then("HandoverRequested #1", "TradeCompleted #1 → me")
  }

  @Test func `without a secret nobody can ask for codes`() throws {
    try given(rules, under: .timeless).when(.ask(.list(confirm: .code))).then("CommandRejected codesOff → me")
    let deal = try running(confirm: .code)
    var (state, later) = (deal.state, policy)
    later.codes = nil
    let events = rules.decide(.ask(.handOver(code: "0000")), at: .zero, &state, under: later)
    #expect(events.map(\.summary) == ["CommandRejected codesOff → me"])
  }

  @Test func `codes differ from deal to deal and from secret to secret, and are never told`() throws {
    let (first, second) = (HandoverCodes(secret: [1, 2, 3]), HandoverCodes(secret: [1, 2, 4]))
    let codes = (1...1000).map { first.code(of: $0, arrived: .zero) }
    #expect(Set(codes).count > 900 && codes.allSatisfy { $0.utf8.count == 4 && Int($0) != nil })
    #expect((1...1000).filter { second.code(of: $0, arrived: .zero) == codes[$0 - 1] }.count < 10)
    #expect(first.code(of: 1, arrived: EntryID(milliseconds: 1, sequence: 0)) != codes[0])
    let deal = try running(confirm: .code)
    let right = try code(1, deal)
    #expect(!deal.state.fields.contains { $0.value.contains("\t\(right)") })
    var state = deal.state
    let events = rules.decide(.ask(.handOver(code: right)), at: .zero, &state, under: policy)
    #expect(!events.contains { $0.fields.contains { $0.value == right } })
  }

  // MARK: Prices, and one each

  @Test func `a missing price is the listing's`() throws {
    let offer = try Scenario(rules, [.ask(.list()), .told(.stockRegistered, level(1))])
    #expect(offer.when(.reserved(1, price: nil)).then("TradeStarted #1").state.running[1]?.deal.price == nil)
    var state = offer.state
    let events = rules.decide(.reserved(1, price: nil), at: .zero, &state, under: .timeless)
    #expect(events.first?.deal?.price == 50_000)
    var reservation: Reservation?
    let reserve = ReservationDecider.decide(
      .ask(.reserve(1, price: nil)), at: .zero, &reservation, under: .timeless)
    #expect(reserve.first?.fields["price"] == nil && reservation?.view["price"] == nil)
    _ = ReservationDecider.decide(
      .event(try #require(events.first)), at: .zero, &reservation, under: .timeless)
    #expect(reservation?.view["price"] == "50000")
  }

  @Test func `where the price is the seller's, another one is refused`() throws {
    var policy = Policy.timeless
    policy.price = .listing
    let offer = try Scenario(rules, [.ask(.list()), .told(.stockRegistered, level(1))], under: policy)
    offer.when(.reserved(1, price: 1)).then("TradeRejected #1 priceDiffers")
    offer.when(.reserved(1)).then("TradeStarted #1")
    offer.when(.reserved(1, price: nil)).then("TradeStarted #1")
    // A deal that waits for another price is not served at a price that its buyer has not named.
    try Scenario(rules, [.reserved(1), .reserved(2, price: nil)], under: policy)
      .when(.ask(.list()), .ask(.relist(price: 60_000)))
      .then(
        "TradeListed → me", "TradeChanged → me", "TradeTermsChanged #1", "TradeTermsChanged #2",
        "TradeRejected #1 priceDiffers", "TradeNext #2")
  }

  @Test func `where everybody may have one reservation, a second one is refused`() throws {
    var policy = Policy.timeless
    policy.oneReservationEach = true
    let offer = try Scenario(
      rules, [.ask(.list(qty: 3)), .told(.stockRegistered, level(3)), .reserved(1, by: "a")], under: policy)
    offer.when(.reserved(2, by: "a")).then("TradeRejected #2 alreadyReserved")
    offer.when(.reserved(2, by: "b")).then("TradeStarted #2")
    offer.when(.told(.stockHeld, 1, level(3, held: 1)), .ask(.handOver()), .reserved(2, by: "a"))
      .then("TradeCompleted #1 → me", "TradeStarted #2")
  }

  @Test func `where nobody may buy from themselves, that is refused`() throws {
    var policy = Policy.timeless
    policy.allowsOwnListing = false
    try Scenario(rules, [.ask(.list()), .told(.stockRegistered, level(1))], under: policy)
      .when(.reserved(1, by: "seller")).then("TradeRejected #1 ownListing")
    try Scenario(rules, [.reserved(1, by: "seller"), .reserved(2)], under: policy)
      .when(.ask(.list())).then("TradeListed → me", "TradeRejected #1 ownListing", "TradeNext #2")
  }

  // MARK: Words

  @Test func `what sellers are told is in their own words`() throws {
    let offer = try Scenario(rules, [.ask(.list()), .told(.stockRegistered, level(1))])
    var state = offer.state
    var asked = deal(1)
    asked.productname = "제 광고를 보세요"
    let input = Input<TradeCommand>.event(Event(.deal(.reserveCompleted, asked)))
    let events = rules.decide(input, at: .zero, &state, under: .timeless)
    #expect(events.first?.productname == "애플워치")
    var reservation: Reservation? = Reservation(asked)
    ReservationDecider.evolve(&reservation, try #require(events.first), at: .zero)
    #expect(reservation?.deal.productname == "애플워치")
  }

  @Test func `a new name of the listing reaches its deals`() throws {
    let deal = try running()
    var state = deal.state
    let change = Command.trade(
      .changeTrade(ChangeTrade(id: 1, productid: product, productname: "시계", qty: nil, price: nil)))
    let events = rules.decide(.ask(change), at: .zero, &state, under: policy)
    #expect(events.map(\.productname) == ["시계", "시계", "시계"])
    #expect(state.running[1]?.deal.productname == "시계" && state.line.first?.deal.productname == "시계")
  }
}
