import Testing

@testable import Market

@Suite struct TradeTests {
  private let rules = TradeDecider.self

  /// A scenario with one listing of `qty` units and as many in stock.
  private func selling(_ qty: Int, _ inputs: Input<TradeCommand>...) throws -> Scenario<TradeDecider> {
    try Scenario(rules, [.ask(.list(qty: qty)), .told(.stockRegistered, level(qty))] + inputs)
  }

  @Test func `a deal starts at once if there is a free unit`() throws {
    let started = try selling(1).when(.reserved(1)).then("TradeStarted #1")
    #expect(started.state.listing?.status == .running)
    #expect(started.state.running[1]?.deal.seller == "seller")
    #expect(started.state.running[1]?.deal.tradeid == 1)
  }

  @Test func `a waiting deal starts once both listing and stock exist`() throws {
    let waiting = try given(rules).when(.reserved(1)).then("TradeWaiting #1 noListing")
    let listed = waiting.when(.ask(.list())).then("TradeListed → me")
    listed.when(.reserved(2)).then("TradeWaiting #2 noStock")
    listed.when(.told(.stockRegistered, level(1))).then("TradeStarted #1")
    waiting.when(.told(.stockRegistered, level(1))).then()
      .when(.ask(.list())).then("TradeListed → me", "TradeStarted #1")
  }

  @Test func `the next deal starts when the one with the last unit is canceled`() throws {
    let both = try selling(1, .reserved(1), .told(.stockHeld, 1, level(1, held: 1)))
      .when(.reserved(2)).then("TradeWaiting #2 notFree")
    both.when(.told(.reserveCancelRequested, 1)).then("TradeCanceled #1 held 1", "TradeStarted #2")
    let sold = both.when(.ask(.handOver())).then("TradeCompleted #1 → me", "TradeRejected #2 soldOut")
    #expect(sold.state.listing?.status == .completed)
    sold.when(.reserved(3)).then("TradeRejected #3 soldOut")
  }

  @Test func `nobody is overtaken, not even for fewer units`() throws {
    try selling(3, .reserved(1, qty: 2)).when(.reserved(2, qty: 2), .reserved(3, qty: 1))
      .then("TradeWaiting #2 notFree", "TradeWaiting #3 notFree")
      .when(.told(.stockHeld, 1, qty: 2, level(3, held: 2)), .told(.reserveCancelRequested, 1))
      .then("TradeCanceled #1 held 2", "TradeStarted #2", "TradeStarted #3")
  }

  @Test func `a reservation that can never be served is rejected, even while it waits`() throws {
    try selling(2).when(.reserved(1, qty: 3)).then("TradeRejected #1 exceedsListing")
    try given(rules, .told(.stockRegistered, level(2))).when(.reserved(1, qty: 3))
      .then("TradeRejected #1 exceedsStock")
    try given(rules, .reserved(1, qty: 3), .reserved(2)).when(.ask(.list(qty: 2)))
      .then("TradeListed → me", "TradeRejected #1 exceedsListing", "TradeNext #2")
    try selling(2, .reserved(1, qty: 2), .reserved(2, qty: 2)).when(.told(.stockAdjusted, level(0)))
      .then("TradeRejected #2 soldOut")
    try selling(3, .reserved(1), .told(.stockHeld, 1, level(3, held: 1)), .reserved(2, qty: 3))
      .when(.ask(.handOver())).then("TradeCompleted #1 → me", "TradeRejected #2 exceedsListing")
  }

  @Test func `the line has a limited length`() throws {
    var full = try given(rules)
    for id in 1...ProductTrade.lineLimit { full = full.when(.reserved(id)) }
    full.then("TradeWaiting #50 noListing")
    full.when(.reserved(51)).then("TradeRejected #51 lineFull")
  }

  @Test func `a handover is remembered until the stock is held`() throws {
    let early = try selling(1, .reserved(1)).when(.ask(.handOver())).then("HandoverRequested #1")
    early.when(.ask(.handOver(), by: "again")).then("CommandRejected handoverInProgress → again")
    early.when(.told(.stockHeld, 1, level(1, held: 1))).then("TradeCompleted #1 → me")
    early.when(.told(.reserveCancelRequested, 1)).then()
      .when(.told(.stockHeld, 1, level(1, held: 1)))
      .then("TradeCompleted #1 → me", "CancelRefused #1 alreadyCompleted")
    early.when(.told(.stockShort, 1, level(0)))
      .then("CommandRejected stockShort → me", "TradeRejected #1 soldOut")
  }

  @Test func `a cancel is remembered until the stock has answered`() throws {
    let early = try selling(1, .reserved(1)).when(.told(.reserveCancelRequested, 1)).then()
    early.when(.ask(.handOver())).then("CommandRejected cancelInProgress → me")
    early.when(.told(.stockHeld, 1, level(1, held: 1))).then("TradeCanceled #1 held 1")
    early.when(.told(.stockShort, 1, level(0))).then("TradeCanceled #1")
  }

  @Test func `a deal that the stock could not hold returns to its place in the line`() throws {
    let both = try selling(2, .reserved(1), .reserved(2), .reserved(3))
    let back = both.when(.told(.stockShort, 2, level(1, held: 1))).then("TradeWaiting #2 notFree")
    #expect(back.state.line.map(\.deal.reserveid) == [2, 3])
    back.when(.told(.stockAdjusted, level(2, held: 1))).then("TradeStarted #2", "TradeNext #3")
    both.when(.told(.stockShort, 1, .unregistered(product))).then("TradeWaiting #1 noStock")
  }

  @Test func `a waiting deal can be canceled, and an ended one cannot`() throws {
    let waiting = try given(rules, .reserved(1)).when(.told(.reserveCancelRequested, 1)).then(
      "TradeCanceled #1")
    waiting.when(.told(.reserveCancelRequested, 1)).then("CancelRefused #1 alreadyEnded")
    try given(rules, .reserved(1, qty: 2), .reserved(2), .ask(.list(qty: 2)))
      .when(.told(.stockRegistered, level(2))).then("TradeStarted #1", "TradeNext #2")
      .when(.told(.stockHeld, 1, qty: 2, level(2, held: 2)), .ask(.handOver()))
      .then("TradeCompleted #1 → me", "TradeRejected #2 soldOut")
      .when(.told(.reserveCancelRequested, 1)).then("CancelRefused #1 alreadyEnded")
  }

  @Test func `a handover must identify one running deal`() throws {
    let two = try selling(2, .reserved(1), .reserved(2), .reserved(3))
    two.when(.ask(.handOver())).then("CommandRejected ambiguousDeal → me")
    two.when(.ask(.handOver(reserve: 2))).then("HandoverRequested #2")
    two.when(.ask(.handOver(reserve: 3))).then("CommandRejected notStarted → me")
    two.when(.ask(.handOver(reserve: 4))).then("CommandRejected notFound → me")
    two.when(.ask(.handOver(7))).then("CommandRejected notFound → me")
    try selling(1).when(.ask(.handOver())).then("CommandRejected noRunningDeal → me")
    try given(rules).when(.ask(.handOver())).then("CommandRejected notFound → me")
  }

  @Test func `a product has one open listing at a time`() throws {
    let open = try selling(1)
    open.when(.ask(.list())).then("CommandRejected duplicateId → me")
    open.when(.ask(.list(2))).then("CommandRejected listingOpen → me")
    open.when(.ask(.withdraw()), .ask(.list())).then(
      "TradeWithdrawn → me", "CommandRejected duplicateId → me")
    open.when(.ask(.withdraw()), .ask(.list(2)), .reserved(1))
      .then("TradeWithdrawn → me", "TradeListed → me", "TradeStarted #1")
  }

  @Test func `a listing can be changed, but not below what is committed`() throws {
    let one = try selling(3, .reserved(1), .told(.stockHeld, 1, level(3, held: 1)), .reserved(2, qty: 2))
      .when(.ask(.relist(qty: 2))).then("CommandRejected belowCommitted → me")
    one.when(.ask(.relist(7, qty: 9))).then("CommandRejected notFound → me")
    let cheaper = one.when(.ask(.relist(price: 1)))
      .then("TradeChanged → me", "TradeTermsChanged #1", "TradeTermsChanged #2")
    #expect(cheaper.state.listing?.price == 1)
    try selling(2, .reserved(1), .told(.stockHeld, 1, level(2, held: 1)), .ask(.handOver()))
      .when(.ask(.relist(qty: 1))).then("TradeChanged → me")
      .when(.reserved(2)).then("TradeRejected #2 soldOut")
      .when(.ask(.relist(qty: 5))).then("CommandRejected soldOut → me")
    try selling(1, .told(.stockAdjusted, level(5)), .reserved(1), .reserved(2))
      .when(.ask(.relist(qty: 2)))
      .then("TradeChanged → me", "TradeTermsChanged #1", "TradeTermsChanged #2", "TradeStarted #2")
  }

  @Test func `a command from a stale page of the trade is rejected`() throws {
    let one = try selling(3, .reserved(1), .told(.stockHeld, 1, level(3, held: 1)))
    let seen = Seen(version: 1, held: 1, sold: 0)
    let changed = one.when(.ask(.relist(price: 7, seen: seen)))
      .then("TradeChanged → me", "TradeTermsChanged #1")
    #expect(changed.state.listing?.version == 2)
    changed.when(.ask(.relist(qty: 9, seen: seen))).then("CommandRejected stale → me")
    one.when(.ask(.relist(qty: 9, seen: Seen(version: 1, held: 0)))).then("CommandRejected stale → me")
    one.when(.ask(.handOver(seen: Seen(version: 2)))).then("CommandRejected stale → me")
    one.when(.ask(.withdraw(seen: Seen(sold: 1)))).then("CommandRejected stale → me")
    one.when(.ask(.handOver())).then("TradeCompleted #1 → me")
      .when(.ask(.relist(price: 7, seen: seen))).then("CommandRejected stale → me")
      .when(.ask(.relist(price: 7, seen: Seen(version: 1, held: 0, sold: 1)))).then("TradeChanged → me")
  }

  @Test func `a listing without running deals can be withdrawn, and its line is rejected`() throws {
    try selling(1, .reserved(1)).when(.ask(.withdraw())).then("CommandRejected dealsRunning → me")
    try given(rules, .ask(.list()), .reserved(1))
      .when(.ask(.withdraw())).then("TradeWithdrawn → me", "TradeRejected #1 withdrawn")
      .when(.reserved(2)).then("TradeRejected #2 withdrawn")
      .when(.ask(.withdraw())).then("CommandRejected withdrawn → me")
    try given(rules).when(.ask(.withdraw())).then("CommandRejected notFound → me")
  }

  @Test func `a deleted listing is gone, whether it was open or not`() throws {
    let open = try given(rules, .ask(.list()))
    let gone = open.when(.ask(.withdraw(delete: true))).then("TradeWithdrawn → me")
    #expect(gone.state.listing?.isDeleted == true && gone.state.listing?.status == .saleEnded)
    gone.when(.ask(.withdraw(delete: true))).then("CommandRejected notFound → me")
    gone.when(.ask(.relist(price: 1))).then("CommandRejected notFound → me")
    gone.when(.ask(.handOver())).then("CommandRejected notFound → me")
    gone.when(.ask(.list())).then("CommandRejected duplicateId → me")
    gone.when(.reserved(1)).then("TradeRejected #1 withdrawn")
    let ended = open.when(.ask(.withdraw())).then("TradeWithdrawn → me")
    #expect(ended.state.listing?.isDeleted == false)
    ended.when(.ask(.withdraw(delete: true, seen: Seen(version: 9)))).then("CommandRejected stale → me")
    #expect(
      ended.when(.ask(.withdraw(delete: true))).then("TradeDeleted → me").state.listing?.isDeleted == true)
    let sold = try selling(1, .reserved(1), .told(.stockHeld, 1, level(1, held: 1)), .ask(.handOver()))
    #expect(
      sold.when(.ask(.withdraw(delete: true))).then("TradeDeleted → me").state.listing?.status == .completed)
    try selling(1, .reserved(1)).when(.ask(.withdraw(delete: true))).then("CommandRejected dealsRunning → me")
  }

  @Test func `units that are sold but not yet gone from the stock are not free`() throws {
    let owing = try Scenario(
      rules,
      [
        .ask(.list(qty: 5)), .told(.stockRegistered, level(2)), .reserved(1),
        .told(.stockHeld, 1, level(2, held: 1)), .ask(.handOver()),
      ])
    owing.when(.reserved(2, qty: 2)).then("TradeRejected #2 exceedsStock")
    #expect(owing.when(.told(.stockDecreased, 1, level(1))).then().state.owed == 0)
    owing.when(.reserved(2), .reserved(3)).then("TradeStarted #2", "TradeWaiting #3 notFree")
    let both = owing.when(.reserved(2), .told(.stockHeld, 2, level(2, held: 2)), .ask(.handOver()))
    #expect(both.state.owed == 2)
    #expect(both.when(.told(.stockDecreased, 1, level(1, held: 1))).then().state.owed == 1)
  }

  @Test func `a withdrawn stock makes deals wait, and the trade keeps no terms`() throws {
    try selling(1).when(.told(.stockWithdrawn, level(1)), .reserved(1)).then("TradeWaiting #1 noStock")
    let state = try selling(1, .reserved(1), .reserved(2)).state
    #expect(state.line.map(\.deal) == [deal(2).withoutTerms])
    #expect(state.running[1]?.deal.terms == nil)
  }
}
