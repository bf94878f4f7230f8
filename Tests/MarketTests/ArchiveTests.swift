import Testing

@testable import Market

/// What has ended leaves, and people are forgotten in what has ended.
@Suite struct ArchiveTests {
  private let trades = TradeDecider.self
  private let reservations = ReservationDecider.self

  /// Returns the one timer by which a state goes to the archive.
  private func ended(_ timers: [Timer]) throws -> Timer {
    #expect(timers.count == 1)
    return try #require(timers.first { $0.kind == .ended })
  }

  @Test(arguments: [DealStep.tradeCompleted, .tradeRejected, .tradeCalledOff, .tradeExpired])
  func `a reservation that ended is archived, and its id is never given again`(end: DealStep) throws {
    let over = try given(reservations, .ask(.reserve(1)), .told(end, 1))
    let timer = try ended(over.state?.timers ?? [])
    #expect(timer.due == over.now)
    #expect(over.when(.time(timer)).then("ReserveArchived #1").state == nil)

    var (state, past) = (over.state, Past())
    let at = EntryID(milliseconds: 1_795_000_000_100, sequence: 0)
    #expect(try reservations.decide(.time(timer), at: at, &state, after: &past, under: .timeless).count == 1)
    let again = Input<ReservationCommand>.ask(.reserve(1))
    let refusal = try reservations.decide(again, at: at, &state, after: &past, under: .timeless)
    #expect(refusal.map(\.summary) == ["CommandRejected duplicateId → me"] && state == nil)
  }

  @Test func `a canceled reservation is archived once its caller was answered`() throws {
    let asked = try given(reservations, .ask(.reserve(1)), .ask(.cancel(1)))
    let late = asked.when(.told(.tradeCompleted, 1))
    #expect(late.state?.timers == [])
    let refused = late.when(.told(.cancelRefused, 1, .alreadyCompleted))
    #expect(try ended(refused.state?.timers ?? []).due == late.now)
    let canceled = asked.when(.told(.tradeCanceled, 1))
    let timer = try ended(canceled.state?.timers ?? [])
    canceled.when(.time(timer)).then("ReserveArchived #1")
  }

  @Test func `a reservation is archived by the time of its end, and by no other`() throws {
    let over = try given(reservations, .ask(.reserve(1)), .told(.tradeRejected, 1, .soldOut))
    let timer = try ended(over.state?.timers ?? [])
    var other = timer
    other.due = other.due.advanced(by: 1)
    over.when(.time(other), .time(Timer(.ended, of: 1, product, at: .unknown))).then()
    // What an older release ended has no time.
    var old = over.state
    old?.endedAt = nil
    #expect(old?.timers == [])
    let events = reservations.decide(
      .time(Timer(.ended, of: 1, product, at: .unknown)), at: .zero, &old, under: .timeless)
    #expect(events.map(\.type) == ["ReserveArchived"] && old == nil)
    try given(reservations, .ask(.reserve(1))).when(.time(timer)).then()
    try given(reservations).when(.time(timer)).then()
  }

  @Test func `a listing that is sold out or withdrawn is archived, and the product starts from nothing`()
    throws
  {
    let listed = try given(trades, .ask(.list()), .told(.stockRegistered, level(1)))
    #expect(listed.state.timers == [])
    let sold = listed.when(
      .reserved(1), .told(.stockHeld, 1, level(1, held: 1)), .ask(.handOver()))
    let gone = sold.when(.told(.stockDecreased, 1, level(0)))
    #expect(try ended(sold.state.timers) == ended(gone.state.timers))
    for over in [gone, listed.when(.ask(.withdraw()))] {
      let timer = try ended(over.state.timers)
      let left = over.when(.time(timer)).then("TradeArchived")
      #expect(left.state.listing == nil && left.state.timers == [])
      #expect(left.when(.told(.stockArchived, level(0))).state == ProductTrade())
      left.when(.time(timer), .ask(.withdraw(delete: true))).then("CommandRejected notFound → me")
      left.when(.ask(.list(2))).then("TradeListed → me")
    }
  }

  @Test func `a listing that another one has followed is archived from among the former ones`() throws {
    let first = try given(trades, .ask(.list()), .ask(.withdraw()))
    let timer = try ended(first.state.timers)
    let next = first.when(.ask(.list(2)))
    let changes = next.state.timerChanges(since: first.state)
    #expect(changes.canceled == [])
    next.when(.time(timer)).then()

    var (state, past) = (first.state, Past())
    func decide(_ input: Input<TradeCommand>) throws -> [Event] {
      try trades.decide(input, at: .zero, &state, after: &past, under: .timeless)
    }
    #expect(try decide(.ask(.list(2))).count == 1)
    let archived = try decide(.time(timer))
    guard case .listing(.tradeArchived, let listing) = archived.first?.fact else {
      Issue.record("\(archived)")
      return
    }
    #expect(listing.id == 1 && listing.isFormer && state.listing?.id == 2 && past.listings.isEmpty)
    #expect(try decide(.time(timer)) == [])
    #expect(try decide(.ask(.list(1))).map(\.summary) == ["CommandRejected duplicateId → me"])
  }

  @Test func `a stock leaves with its listing if nothing is left of it`() throws {
    func archived(former: Bool = false) -> Input<StockCommand> {
      var listing = Listing(
        id: 1, productid: product, userid: "seller", productname: "애플워치", qty: 1, price: 1, sold: 1)
      listing.isFormer = former
      return .event(Event(.listing(.tradeArchived, listing)))
    }
    let stocked = try given(StockDecider.self, .listed(), .ask(.register()))
    #expect(stocked.when(archived()).then().state.seller == "seller")
    // What is left over leaves once it is withdrawn, unless the product was listed again.
    let leftOver = stocked.when(archived())
    #expect(leftOver.state.isLeftOver)
    let gone = leftOver.when(.ask(.withdrawStock()))
    #expect(gone.then("StockWithdrawn → me", "StockArchived").state == ProductStock())
    let listedAgain = leftOver.when(.listed())
    #expect(!listedAgain.state.isLeftOver)
    listedAgain.when(.ask(.withdrawStock()))
      .then("StockWithdrawn → me")
    let empty = stocked.when(.ask(.adjust(qty: 0)))
    #expect(empty.when(archived()).then("StockArchived").state == ProductStock())
    empty.when(archived(former: true)).then()
    #expect(try given(StockDecider.self, .listed()).when(archived()).then().state == ProductStock())
  }

  @Test func `people are forgotten only in what has ended`() throws {
    func forget<Command>(_ userid: String, _ id: Int = 1) -> Input<Command> {
      .forget(ForgetUser(id: id, productid: product, userid: userid), Caller(commandid: "op"))
    }
    let made = try given(reservations, .ask(.reserve(1)))
    made.when(forget("buyer1")).then()
    let over = made.when(.told(.tradeRejected, 1))
    over.when(forget("buyer2")).then()
    let forgotten = over.when(forget("buyer1")).then("ReserveForgotten #1 → op")
    #expect(forgotten.state?.deal.userid == Forgotten.user && forgotten.state?.deal.terms?.address == "")
    forgotten.when(forget("buyer1")).then()

    let open = try given(trades, .ask(.list()))
    open.when(forget("seller")).then()
    let closed = open.when(.ask(.withdraw()))
    #expect(
      closed.when(forget("seller")).then("TradeForgotten → op").state.listing?.userid == Forgotten.user)
    closed.when(forget("seller", 2)).then()
  }

  @Test func `nobody can be who was forgotten`() {
    #expect(!ActingUser.isUserid(Forgotten.user))
    let error = #expect(throws: FieldError.self) {
      try Draft(
        fields: [
          "type": "ListTrade", "productid": "1", "userid": Forgotten.user, "productname": "시계", "qty": "1",
          "price": "1",
        ], worker: .trade)
    }
    #expect(error?.field == "userid")
    for worker in DecidingWorker.allCases {
      let forget = ForgetUser(id: 1, productid: 1, userid: "김민지").fields
      #expect(throws: FieldError.self) { try Draft(fields: forget, worker: worker) }
    }
  }
}
