import Testbed
import Testing

@testable import Market

/// What time does to deals.
@Suite struct TimeTests {
  private let rules = TradeDecider.self
  private let start = Moment(milliseconds: 1_795_000_000_000)

  /// A scenario with one unit that is listed and in stock, and a deal that runs.
  private func running(
    at reserveDt: String, under policy: Policy = Policy(), confirm: Market.Confirmation = .none
  ) throws -> Scenario<TradeDecider> {
    try Scenario(
      rules,
      [
        .ask(.list(confirm: confirm)), .told(.stockRegistered, level(1)), .reserved(1, at: reserveDt),
        .told(.stockHeld, 1, level(1, held: 1)),
      ], under: policy)
  }

  /// Lets the next timer of a kind come when it is due.
  private func meet(
    _ kind: Timer.Kind, in scenario: Scenario<TradeDecider>
  ) throws -> Scenario<TradeDecider> {
    let timer = try #require(scenario.state.timers.filter { $0.kind == kind }.min { $0.due < $1.due })
    return scenario.after(max(0, scenario.now.distance(to: timer.due))).when(.time(timer))
  }

  @Test func `a deal that nobody hands over expires, and the next one starts`() throws {
    let date = start.advanced(by: Policy.day)
    let both = try running(at: date.description).when(.reserved(2)).then("TradeWaiting #2 notFree")
    #expect(both.state.running[1]?.deal.course.until == date.advanced(by: Policy.day))
    let expired = try meet(.expiry, in: both).then("TradeExpired #1 held 1", "TradeStarted #2")
    // It starts with a date that is over, so it has its time from now on.
    #expect(
      expired.state.running[2]?.deal.course.until == expired.now.advanced(by: Policy.day))
    #expect(expired.state.timers.map(\.id).sorted() == [1, 2])
  }

  @Test func `a date that is over when the deal starts does not end it at once`() throws {
    let seed = try running(at: "2024-04-04")
    let until = try #require(seed.state.running[1]?.deal.course.until)
    #expect(until > seed.now.advanced(by: Policy.day - 1000) && until <= seed.now.advanced(by: Policy.day))
    #expect(seed.state.running[1]?.deal.course.remindAt == nil)
  }

  @Test func `a handover and a cancel end the timers of a deal`() throws {
    let deal = try running(at: "2027-01-01")
    #expect(Set(deal.state.timers.map(\.kind)) == [.expiry, .reminder, .listing])
    for end in [Input<TradeCommand>.ask(.handOver()), .told(.reserveCancelRequested, 1)] {
      #expect(Set(deal.when(end).state.timers.map(\.kind)).subtracting([.listing, .ended]) == [])
    }
    // A listing that is sold out is not reminded of either: it only goes to the archive one day.
    #expect(deal.when(.ask(.handOver())).state.timers.map(\.kind) == [.ended])
  }

  @Test func `a timer whose state has another time means nothing`() throws {
    let deal = try running(at: "2027-01-01")
    let expiry = try #require(deal.state.timers.first { $0.kind == .expiry })
    let moved = deal.when(.moved(1, to: "2027-02-02")).then("TradeRescheduled #1")
    moved.when(.time(expiry)).then()
    var other = expiry
    other.id = 9
    moved.when(.time(other)).then()
    let now = try #require(moved.state.timers.first { $0.kind == .expiry })
    #expect(now.due == expiry.due.advanced(by: 32 * Policy.day))
    moved.when(.time(now), .time(now)).then("TradeExpired #1 held 1")
  }

  @Test func `both are reminded a day and an hour before, and not when it is too late`() throws {
    let date = start.advanced(by: 3 * Policy.day)
    let deal = try running(at: date.description)
    let day = try meet(.reminder, in: deal).then("TradeReminded #1")
    #expect(day.now.distance(to: date) <= Policy.day && day.now.distance(to: date) > 23 * Policy.hour)
    let hour = try meet(.reminder, in: day).then("TradeReminded #1")
    #expect(hour.now.distance(to: date) <= Policy.hour)
    #expect(!hour.state.timers.contains { $0.kind == .reminder })
    // After a pause of the system, only the expiry is left.
    let late = deal.after(4 * Policy.day)
    let reminder = try #require(late.state.timers.first { $0.kind == .reminder })
    #expect(
      !late.when(.time(reminder)).then("TradeRescheduled #1").state.timers.contains { $0.kind == .reminder })
  }

  @Test func `a day ends with its night in the time zone, and is reminded of from its noon`() throws {
    let policy = Policy()
    // 2026-11-30 ends in Seoul when it is 15:00 in Greenwich, and its noon is 03:00 there.
    #expect(policy.end(of: "2026-11-30")?.description == "2026-11-30T15:00:00.000Z")
    #expect(policy.end(of: "2026-11-30T10:00")?.description == "2026-11-30T01:00:00.000Z")
    #expect(policy.end(of: "2026-11-30T10:00:00.5+01:00")?.description == "2026-11-30T09:00:00.500Z")
    #expect(policy.end(of: "2026-11-30T10:00Z")?.description == "2026-11-30T10:00:00.000Z")
    #expect(policy.end(of: "not a date") == nil)
    let before = try #require(Moment("2026-11-01T00:00:00.000Z"))
    #expect(policy.nextReminder(of: "2026-11-30", after: before)?.description == "2026-11-29T03:00:00.000Z")
    #expect(
      policy.nextReminder(of: "2026-11-30T10:00", after: before)?.description == "2026-11-29T01:00:00.000Z")
  }

  @Test func `waiting ends after a while, or with the date`() throws {
    let date = start.advanced(by: 3 * Policy.day)
    let two = try running(at: "2027-01-01").when(.reserved(2, at: date.description), .reserved(3))
      .then("TradeWaiting #2 notFree", "TradeWaiting #3 notFree")
    let dated = try meet(.waiting, in: two).then("TradeRejected #2 datePassed", "TradeNext #3")
    #expect(dated.now.distance(to: date) <= 0)
    try meet(.waiting, in: dated).then("TradeRejected #3 waitedTooLong")
  }

  @Test func `an expiry waits for the stock`() throws {
    let starting = try Scenario(
      rules, [.ask(.list()), .told(.stockRegistered, level(1)), .reserved(1)], under: Policy())
    let asked = try meet(.expiry, in: starting).then("TradeRescheduled #1")
    try meet(.expiry, in: asked.when(.told(.stockHeld, 1, level(1, held: 1)))).then("TradeExpired #1 held 1")
  }

  @Test func `a seller is reminded of a listing again and again`() throws {
    let listed = try Scenario(rules, [.ask(.list())], under: Policy())
    let once = try meet(.listing, in: listed).then("ListingReminded")
    try meet(.listing, in: once).then("ListingReminded")
    #expect(once.when(.ask(.withdraw())).state.timers.map(\.kind) == [.ended])
  }

  @Test func `every period can be off`() throws {
    let deal = try running(at: "2027-01-01", under: .timeless, confirm: .buyer).when(.reserved(2))
    #expect(deal.state.timers.isEmpty)
    #expect(deal.when(.ask(.handOver())).then("TradeHandedOver #1 → me").state.timers.isEmpty)
  }

  @Test func `the timers of a state are found from its changes`() throws {
    let deal = try running(at: "2027-01-01").when(.reserved(2), .reserved(3))
    let changes = deal.state.timerChanges(since: ProductTrade())
    #expect(Set(changes.set) == Set(deal.state.timers) && changes.canceled.isEmpty)
    #expect(Set(deal.state.timers.map(\.id)) == [1, 2, 3])
    let back = ProductTrade().timerChanges(since: deal.state)
    #expect(back.set.isEmpty && Set(back.canceled) == Set(deal.state.timers))
  }

  @Test func `a timer is read back from its name, and only from that`() throws {
    for kind in Timer.Kind.allCases {
      let timer = Timer(kind, of: 7, 100, at: start)
      #expect(try Timer(fields: timer.fields) == timer)
    }
    #expect(try Timer(fields: ["type": "Reserve"]) == nil)
    for name in ["", "expiry:7:100", "expiry:07:100:5", "expiry:7:100:-5", "expiry:7:100:5:", "expiry:x:1:5"]
    {
      let error = #expect(throws: FieldError.self) { try Timer(fields: ["type": "TimeCame", "timer": name]) }
      #expect(error?.reason == .notAllowed)
    }
    // One of a newer release makes the lane stand still rather than lose it.
    let newer = #expect(throws: FieldError.self) {
      try Timer(fields: ["type": "TimeCame", "timer": "dispute:7:100:5"])
    }
    #expect(newer?.reason == .unknownWord)
  }

  @Test func `nobody can send a timer through a door`() {
    let fields = Timer(.expiry, of: 7, 100, at: start).fields
    let error = #expect(throws: FieldError.self) { try Draft(fields: fields, worker: .trade) }
    #expect(error?.field == "type" && error?.reason == .unknownType)
  }

  @Test(
    arguments: [0, 1, 951_782_399_999, 951_782_400_000, 1_795_000_000_123, 253_402_300_799_999] as [UInt64])
  func `a moment is read back as it was written`(milliseconds: UInt64) {
    let moment = Moment(milliseconds: milliseconds)
    #expect(Moment(moment.description) == moment)
  }

  @Test func `days count right in both directions`() {
    var random = SplitMix64(seed: 20_240_404)
    for _ in 0..<10_000 {
      let day = UInt64.random(in: 0...2_900_000, using: &random)
      let date = Calendar.date(ofDay: day)
      #expect(Calendar.day(year: Int(date.year), month: Int(date.month), day: Int(date.day)) == Int(day))
    }
    #expect(Calendar.day(year: 1969, month: 12, day: 31) == -1)
    #expect(Calendar.day(year: 0, month: 3, day: 1) == -719_468)
    #expect(Moment(milliseconds: 4_102_444_800_000).description == "2100-01-01T00:00:00.000Z")
    #expect(Moment("2026-02-30T00:00:00.000Z") == nil && Moment("2026-02-03") == nil)
  }
}
