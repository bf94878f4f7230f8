import Testing

@testable import Market

@Suite struct StockTests {
  private let rules = StockDecider.self

  @Test func `the last unit is held for the first deal, and the second gets none`() throws {
    let held = try given(rules, .ask(.register(qty: 1)))
      .when(.told(.tradeStarted, 1)).then("StockHeld #1")
    #expect(held.state.stock == Stock(level(1, held: 1), status: .stockHeld))
    let short = held.when(.told(.tradeStarted, 2)).then("StockShort #2")
    #expect(short.state.stock == Stock(level(1, held: 1), status: .stockShort))
  }

  @Test func `a completed deal takes the units it held, and a canceled one returns them`() throws {
    let held = try given(rules, .ask(.register(qty: 5)), .told(.tradeStarted, 1, qty: 2))
    #expect(
      held.when(.told(.tradeCompleted, 1, qty: 2)).then("StockDecreased #1").state.stock
        == Stock(level(3, version: 2), status: .stockDecreased))
    #expect(
      held.when(.told(.tradeCanceled, 1, qty: 2, held: 2)).then("StockReleased #1 held 2").state.stock
        == Stock(level(5), status: .stockReleased))
    held.when(.told(.tradeCanceled, 1, qty: 2)).then()
  }

  @Test func `a stock that is not registered is short`() throws {
    #expect(try given(rules).when(.told(.tradeStarted, 1)).then("StockShort #1").state.stock == nil)
  }

  @Test func `units that are not held can be neither taken nor returned`() throws {
    let idle = try given(rules, .ask(.register(qty: 5)))
    let broken = idle.when(.told(.tradeCompleted, 1))
      .then("TradeCompleted of reservation 1 takes 1 units of product 100, of which 0 are held.")
      .when(.told(.tradeCanceled, 1, held: 1))
      .then("TradeCanceled of reservation 1 takes 1 units of product 100, of which 0 are held.")
    #expect(broken.state == idle.state)
  }

  @Test func `the stock of a product can be registered only once`() throws {
    let made = try given(rules).when(.ask(.register(qty: 2))).then("StockRegistered → me")
    #expect(made.state.stock == Stock(level(2), status: .stockRegistered))
    made.when(.ask(.register(2, qty: 9))).then("CommandRejected stockExists → me")
  }

  @Test func `a stock can be adjusted, but not below what it holds`() throws {
    let held = try given(rules, .ask(.register(qty: 5)), .told(.tradeStarted, 1, qty: 2))
    #expect(
      held.when(.ask(.adjust(qty: 2))).then("StockAdjusted → me").state.stock
        == Stock(level(2, held: 2, version: 2), status: .stockAdjusted))
    held.when(.ask(.adjust(qty: 1))).then("CommandRejected belowHeld → me")
    held.when(.ask(.adjust(9, qty: 5))).then("CommandRejected notFound → me")
    try given(rules).when(.ask(.adjust(qty: 5))).then("CommandRejected notFound → me")
    let renamed = held.when(
      .ask(.stock(.adjustStock(AdjustStock(id: 1, productid: product, qty: nil, productname: "애플워치 9")))))
    #expect(renamed.state.stock?.level.productname == "애플워치 9")
    #expect(renamed.state.stock?.level.qty == 5)
  }

  @Test func `a stock change from a stale page is rejected`() throws {
    let page = Seen(version: 1, held: 0)
    let sold = try given(rules, .ask(.register(qty: 1))).when(
      .told(.tradeStarted, 1), .told(.tradeCompleted, 1)
    )
    .then("StockHeld #1", "StockDecreased #1")
    #expect(sold.state.stock?.level.version == 2)
    sold.when(.ask(.adjust(qty: 1, seen: page))).then("CommandRejected stale → me")
    sold.when(.ask(.withdrawStock(seen: page))).then("CommandRejected stale → me")
    sold.when(.ask(.adjust(qty: 1, seen: Seen(version: 2, held: 0)))).then("StockAdjusted → me")
    // Of two changes from the same page, one succeeds.
    try given(rules, .ask(.register(qty: 1)))
      .when(.ask(.adjust(qty: 2, seen: page)), .ask(.adjust(qty: 3, seen: page), by: "other"))
      .then("StockAdjusted → me", "CommandRejected stale → other")
    // The held number is part of the page too.
    try given(rules, .ask(.register(qty: 2)), .told(.tradeStarted, 1))
      .when(.ask(.adjust(qty: 5, seen: page))).then("CommandRejected stale → me")
  }

  @Test func `a stock that holds nothing can be withdrawn, and registered again`() throws {
    let held = try given(rules, .ask(.register(qty: 1)), .told(.tradeStarted, 1))
    held.when(.ask(.withdrawStock())).then("CommandRejected belowHeld → me")
    held.when(.ask(.withdrawStock(7))).then("CommandRejected notFound → me")
    let gone = held.when(.told(.tradeCanceled, 1, held: 1), .ask(.withdrawStock()))
      .then("StockReleased #1 held 1", "StockWithdrawn → me")
    #expect(gone.state.stock == nil)
    gone.when(.ask(.register(2, qty: 1))).then("StockRegistered → me")
  }
}
