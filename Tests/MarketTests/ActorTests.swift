import Testing

@testable import Market

/// Who may do what: only the buyer changes a reservation, only the seller a listing and its stock.
@Suite struct ActorTests {
  private let buyer = ActingUser("buyer1")
  private let seller = ActingUser("seller")
  private let stranger = ActingUser("buyer")
  private let operating = ActingUser("관리자", isOperator: true)

  @Test func `only the buyer makes, changes and cancels a reservation`() throws {
    let rules = ReservationDecider.self
    for other in [stranger, seller] {
      try given(rules).when(.ask(.reserve(1), as: other)).then("CommandRejected notYours → me")
    }
    let made = try given(rules).when(.ask(.reserve(1), as: buyer)).then("ReserveCompleted #1 → me")
    for other in [stranger, seller] {
      made.when(.ask(.move(1, to: "2024-05-05"), as: other)).then("CommandRejected notYours → me")
      made.when(.ask(.cancel(1), as: other)).then("CommandRejected notYours → me")
      made.when(.ask(.cancel(1, delete: true), as: other)).then("CommandRejected notYours → me")
      // Not even that the page was outdated is told.
      made.when(.ask(.cancel(1, seen: Seen(version: 9)), as: other)).then("CommandRejected notYours → me")
    }
    for allowed in [buyer, operating, nil] {
      made.when(.ask(.move(1, to: "2024-05-05"), as: allowed)).then("ReserveChanged #1 → me")
      made.when(.ask(.cancel(1), as: allowed)).then("ReserveCancelRequested #1")
    }
  }

  @Test func `only the seller lists, changes, hands over and withdraws`() throws {
    let rules = TradeDecider.self
    try given(rules).when(.ask(.list(), as: stranger)).then("CommandRejected notYours → me")
    let listed = try given(rules).when(.ask(.list(), as: seller)).then("TradeListed → me")
    let held = listed.when(
      .told(.stockRegistered, level(1)), .reserved(1), .told(.stockHeld, 1, level(1, held: 1)))
    for other in [stranger, buyer] {
      listed.when(.ask(.relist(price: 1), as: other)).then("CommandRejected notYours → me")
      listed.when(.ask(.withdraw(), as: other)).then("CommandRejected notYours → me")
      held.when(.ask(.handOver(), as: other)).then("CommandRejected notYours → me")
    }
    for allowed in [seller, operating, nil] {
      listed.when(.ask(.relist(price: 1), as: allowed)).then("TradeChanged → me")
      listed.when(.ask(.withdraw(), as: allowed)).then("TradeWithdrawn → me")
      held.when(.ask(.handOver(), as: allowed)).then("TradeCompleted #1 → me")
    }
  }

  @Test func `a former listing is removed by its own seller only`() {
    var former = Listing(
      id: 1, productid: product, userid: "seller", productname: "애플워치", qty: 1, price: 50_000)
    former.withdrawn = true
    func remove(_ actor: ActingUser?) -> String? {
      TradeDecider.decide(.ask(.withdraw(delete: true), as: actor), ofFormer: former)?.summary
    }
    #expect(remove(stranger) == "CommandRejected notYours → me")
    #expect(remove(seller) == "TradeDeleted → me")
    #expect(remove(operating) == "TradeDeleted → me")
  }

  @Test func `only the seller of the product's last listing changes its stock`() throws {
    let rules = StockDecider.self
    try given(rules).when(.ask(.register(), as: seller)).then("CommandRejected notSeller → me")
    try given(rules).when(.ask(.register(), as: operating)).then("StockRegistered → me")
    let listed = try given(rules, .listed())
    listed.when(.ask(.register(), as: stranger)).then("CommandRejected notSeller → me")
    let stocked = listed.when(.ask(.register(), as: seller)).then("StockRegistered → me")
    stocked.when(.ask(.adjust(qty: 5), as: stranger)).then("CommandRejected notSeller → me")
    stocked.when(.ask(.withdrawStock(), as: stranger)).then("CommandRejected notSeller → me")
    stocked.when(.ask(.adjust(qty: 5), as: seller)).then("StockAdjusted → me")
    let next = stocked.when(.listed(2, by: "buyer"))
    next.when(.ask(.adjust(qty: 5), as: seller)).then("CommandRejected notSeller → me")
    next.when(.ask(.withdrawStock(), as: stranger)).then("StockWithdrawn → me")
      .when(.ask(.register(2), as: seller)).then("CommandRejected notSeller → me")
  }

  @Test func `the seller of a listing that an older release made is known by its deals`() throws {
    var started = deal(1)
    started.seller = "seller"
    let stocked = try given(
      StockDecider.self, .ask(.register()), .event(Event(.deal(.tradeStarted, started))))
    stocked.when(.ask(.adjust(qty: 5), as: stranger)).then("CommandRejected notSeller → me")
    stocked.when(.ask(.adjust(qty: 5), as: seller)).then("StockAdjusted → me")
  }

  @Test func `a user's second reservation that may not wait beside the first is turned down`() throws {
    func reserved(_ id: Int, by userid: String, once: Bool) -> Input<TradeCommand> {
      var asked = deal(id)
      (asked.userid, asked.once) = (userid, once)
      return .event(Event(.deal(.reserveCompleted, asked)))
    }
    let waiting = try given(TradeDecider.self, reserved(1, by: "김민지", once: true))
    waiting.when(reserved(2, by: "김민지", once: true)).then("TradeRejected #2 alreadyWaiting")
    waiting.when(reserved(2, by: "김민지", once: false)).then("TradeWaiting #2 noListing")
    waiting.when(reserved(2, by: "이준호", once: true)).then("TradeWaiting #2 noListing")
    // It may wait once the first one runs, and it is no second one if it can start at once.
    let running = waiting.when(.ask(.list(qty: 2)), .told(.stockRegistered, level(2)))
      .then("TradeListed → me", "TradeStarted #1")
    running.when(reserved(2, by: "김민지", once: true)).then("TradeStarted #2")
      .when(reserved(3, by: "김민지", once: true)).then("TradeWaiting #3 notFree")
      .when(reserved(4, by: "김민지", once: true)).then("TradeRejected #4 alreadyWaiting")
  }

  @Test func `who acted is told by the event that finishes the command, also a remembered one`() throws {
    var random = World()
    random.checksCodec = true
    for (command, actor) in [
      (Command.list(), seller), (.register(), operating), (.reserve(1), buyer), (.handOver(), seller),
      (.reserve(2), ActingUser("buyer2")), (.cancel(2), stranger),
    ] {
      random.ask(command, as: actor)
    }
    try random.settle()
    let told = random.journal.entries.compactMap { entry in
      entry.entry["actor"].map { "\(entry.entry["type"] ?? "") \($0)" }
    }
    #expect(
      Set(told).isSuperset(of: ["TradeListed seller", "StockRegistered 관리자", "ReserveCompleted buyer1"]))
    #expect(told.contains("CommandRejected buyer"))
    #expect(random.journal.entries.first { $0.entry["actor"] == "관리자" }?.entry["operator"] == "1")
    for entry in random.journal.entries where entry.entry["actor"] != nil {
      let event = try Event(fields: entry.entry)
      #expect((event.caller ?? event.asker)?.actor?.userid == entry.entry["actor"])
    }
    // A handover that has to wait for the stock keeps its sender.
    let remembered = try given(
      TradeDecider.self, .ask(.list()), .told(.stockRegistered, level(1)), .reserved(1),
      .ask(.handOver(), by: "hand", as: seller))
    let stored = try ProductTrade(fields: remembered.state.fields)
    #expect(stored.running[1]?.handoverCaller?.actor == seller)
    // And so does a cancel.
    let canceling = try given(
      ReservationDecider.self, .ask(.reserve(1)), .ask(.cancel(1), by: "stop", as: buyer))
    #expect(try Reservation?(fields: canceling.state.fields)?.canceler?.actor == buyer)
  }

  @Test func `an actor changes neither a command's digest nor what it asks for`() throws {
    let plain: Fields = ["type": "Handover", "id": "7", "productid": "100", "commandid": "c"]
    let signed = Fields(plain.pairs + [("actor", "김민지"), ("operator", "1")])
    #expect(try Command(fields: signed) == Command(fields: plain))
    let callers = try [plain, signed].map { try #require(try Caller(command: $0, kind: .handover)) }
    #expect(callers[0].digest == callers[1].digest)
    #expect(callers[0].actor == nil)
    #expect(callers[1].actor == ActingUser("김민지", isOperator: true))
    // What a person writes into an inlet names nobody.
    #expect(try Draft(fields: signed, worker: .trade).fields.isEmpty)
  }
}
