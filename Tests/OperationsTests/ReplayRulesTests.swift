import Testing

@testable import Market
@testable import Operations

/// What the audit lets the trade worker say: each step at its time, in its state, and with nothing else changed.
@Suite struct ReplayRulesTests {
  private static let start = UInt64(1_795_000_000_000)
  private static let (minute, hour) = (60_000, 3_600_000)

  private static func moment(_ milliseconds: Int) -> Moment {
    Moment(milliseconds: start).advanced(by: milliseconds)
  }

  /// The trade of a product, told event by event.
  private struct Story {
    private(set) var replay = Replay<TradeDecider>()
    private var sequence: UInt64 = 0
    private let caller = Caller(commandid: "c")

    private mutating func entry(_ fact: Fact, at time: Int = 0, byTime: Bool = false) -> JournalEntry {
      sequence += 1
      let position = EntryID(
        milliseconds: ReplayRulesTests.moment(time).milliseconds, sequence: sequence)
      return JournalEntry(event: Event(fact, caller: byTime ? nil : caller), position: position)
    }

    mutating func hear(_ fact: Fact, at time: Int = 0) { replay.observe(entry(fact, at: time)) }

    mutating func say(_ fact: Fact, at time: Int = 0, location: SourceLocation = #_sourceLocation) {
      let isPossible = replay.emit(entry(fact, at: time))
      #expect(isPossible, "\(fact)", sourceLocation: location)
    }

    /// Whether the trade can say something next. Changes nothing.
    func permits(_ fact: Fact, at time: Int = 0, byTime: Bool = false) -> Bool {
      var copy = self
      let entry = copy.entry(fact, at: time, byTime: byTime)
      return copy.replay.emit(entry)
    }
  }

  private static func listing(_ confirm: Market.Confirmation = .none, held: Int = 0) -> Listing {
    Listing(
      id: 9, productid: 7, userid: "seller", productname: "책", qty: 2, price: 1000, held: held,
      confirm: confirm, remindAt: moment(hour))
  }

  private static func level(held: Int = 0) -> StockLevel {
    StockLevel(id: 7, productid: 7, productname: "책", qty: 2, held: held)
  }

  /// A reservation as its buyer made it.
  private static func reserved(_ id: Int, price: Int? = 900) -> Deal {
    Deal(
      reserveid: id, productid: 7, userid: "buyer", productname: "책", qty: 1,
      terms: Terms(price: price, reserveDt: "2026-11-28", address: "서울"))
  }

  /// The same as the trade tells it.
  private static func told(
    _ id: Int, _ confirm: Market.Confirmation = .none, until: Int? = nil, remindAt: Int? = nil
  ) -> Deal {
    var deal = reserved(id).withoutTerms
    (deal.tradeid, deal.seller, deal.confirm) = (9, "seller", confirm)
    deal.course.until = until.map(moment)
    deal.course.remindAt = remindAt.map(moment)
    return deal
  }

  private static func with(_ deal: Deal, _ change: (inout Deal) -> Void) -> Deal {
    var deal = deal
    change(&deal)
    return deal
  }

  /// Reservation 1 runs for an hour, with a reminder in between.
  private static func running(_ confirm: Market.Confirmation = .none, isHeld: Bool = true) -> (Story, Deal) {
    var story = Story()
    story.say(.listing(.tradeListed, listing(confirm)))
    story.hear(.stock(.stockRegistered, level()))
    story.hear(.deal(.reserveCompleted, reserved(1)))
    let deal = told(1, confirm, until: hour, remindAt: 10 * minute)
    story.say(.deal(.tradeStarted, deal))
    if isHeld { story.hear(.hold(.stockHeld, deal, level(held: 1))) }
    return (story, deal)
  }

  @Test func `a deal expires when its time has come, and gives all back`() {
    let (story, deal) = Self.running()
    let ended = Self.with(deal.atRest) { $0.held = 1 }
    #expect(story.permits(.deal(.tradeExpired, ended), at: Self.hour))
    #expect(!story.permits(.deal(.tradeExpired, ended), at: Self.hour - 2 * Self.minute))
    #expect(!story.permits(.deal(.tradeExpired, deal.atRest), at: Self.hour))
    #expect(!story.permits(.deal(.tradeExpired, Self.with(deal) { $0.held = 1 }), at: Self.hour))
    #expect(!story.permits(.deal(.tradeExpired, Self.with(ended) { $0.qty = 2 }), at: Self.hour))
    let (starting, _) = Self.running(isHeld: false)
    #expect(!starting.permits(.deal(.tradeExpired, ended), at: Self.hour))
    let (buyers, other) = Self.running(.buyer)
    var received = buyers
    received.say(.deal(.tradeHandedOver, Self.with(other) { $0.course = Course() }))
    #expect(!received.permits(.deal(.tradeExpired, Self.with(other.atRest) { $0.held = 1 }), at: Self.hour))
  }

  @Test func `a reminder comes at its time, once, and changes nothing but the next one`() {
    let (story, deal) = Self.running()
    let reminded = Self.with(deal) { $0.course.remindAt = nil }
    #expect(story.permits(.deal(.tradeReminded, reminded), at: 10 * Self.minute))
    #expect(!story.permits(.deal(.tradeReminded, reminded), at: 8 * Self.minute))
    for wrong in [
      deal, Self.with(reminded) { $0.course.until = nil },
      Self.with(deal) { $0.course.remindAt = Self.moment(5 * Self.minute) },
    ] {
      #expect(!story.permits(.deal(.tradeReminded, wrong), at: 10 * Self.minute))
    }
    var once = story
    once.say(.deal(.tradeReminded, reminded), at: 10 * Self.minute)
    #expect(!once.permits(.deal(.tradeReminded, reminded), at: 10 * Self.minute))
  }

  @Test func `a deal is rescheduled only to other times`() {
    let (story, deal) = Self.running()
    #expect(
      story.permits(
        .deal(.tradeRescheduled, Self.with(deal) { $0.course.until = Self.moment(2 * Self.hour) })))
    #expect(!story.permits(.deal(.tradeRescheduled, deal)))
    #expect(!story.permits(.deal(.tradeRescheduled, Self.with(deal) { $0.course.wrongCodes = 1 })))
    #expect(!story.permits(.deal(.tradeRescheduled, Self.with(deal) { $0.reserveid = 2 })))
  }

  @Test func `wrong codes are counted one by one, and none while the deal is paused`() {
    let (story, deal) = Self.running(.code)
    let first = Self.with(deal) { $0.course.wrongCodes = 1 }
    let paused = Self.with(deal) { $0.course.pausedUntil = Self.moment(5 * Self.minute) }
    #expect(story.permits(.deal(.codeRefused, first)))
    #expect(story.permits(.deal(.codeRefused, paused)))
    #expect(!story.permits(.deal(.codeRefused, Self.with(deal) { $0.course.wrongCodes = 2 })))
    #expect(!story.permits(.deal(.codeRefused, deal)))
    #expect(!story.permits(.deal(.codeRefused, Self.with(first) { $0.course.until = nil })))
    var waits = story
    waits.say(.deal(.codeRefused, paused))
    #expect(!waits.permits(.deal(.codeRefused, first), at: 2 * Self.minute))
    #expect(waits.permits(.deal(.codeRefused, first), at: 5 * Self.minute))
    let (open, plain) = Self.running()
    #expect(!open.permits(.deal(.codeRefused, Self.with(plain) { $0.course.wrongCodes = 1 })))
  }

  @Test func `a deal that its buyer confirms is handed over first, and completed by the buyer or by time`() {
    let (story, deal) = Self.running(.buyer)
    #expect(!story.permits(.deal(.tradeCompleted, deal.atRest)))
    let handed = Self.with(deal) {
      $0.course = Course()
      $0.course.until = Self.moment(2 * Self.hour)
    }
    #expect(!story.permits(.deal(.tradeHandedOver, deal)))
    var received = story
    received.say(.deal(.tradeHandedOver, handed))
    #expect(!received.permits(.deal(.tradeHandedOver, handed)))
    #expect(received.permits(.deal(.tradeCompleted, deal.atRest)))
    #expect(!received.permits(.deal(.tradeCompleted, handed)))
    #expect(!received.permits(.deal(.tradeCompleted, deal.atRest), at: Self.hour, byTime: true))
    #expect(received.permits(.deal(.tradeCompleted, deal.atRest), at: 2 * Self.hour, byTime: true))
    #expect(!received.permits(.deal(.tradeRescheduled, deal)))
    let (plain, other) = Self.running()
    #expect(!plain.permits(.deal(.tradeHandedOver, Self.with(other) { $0.course = Course() })))
    #expect(plain.permits(.deal(.tradeCompleted, other.atRest)))
  }

  @Test func `a seller's end has a reason, and comes before the buyer's`() {
    let (story, deal) = Self.running()
    let ended = Self.with(deal.atRest) { ($0.held, $0.cause) = (1, .noShow) }
    #expect(story.permits(.deal(.tradeCalledOff, ended)))
    #expect(!story.permits(.deal(.tradeCalledOff, Self.with(ended) { $0.cause = nil })))
    #expect(!story.permits(.deal(.tradeCalledOff, Self.with(ended) { $0.held = 0 })))
    #expect(!story.permits(.deal(.tradeCalledOff, Self.with(ended) { $0.seller = "thief" })))
    var asked = story
    asked.hear(.deal(.reserveCancelRequested, Self.reserved(1)))
    asked.say(.deal(.tradeCanceled, Self.with(deal.atRest) { $0.held = 1 }))
    #expect(!asked.permits(.deal(.tradeCalledOff, ended)))
  }

  @Test func `a cancel is granted or refused only if it was asked for`() {
    let (story, deal) = Self.running(.buyer)
    var received = story
    received.say(.deal(.tradeHandedOver, Self.with(deal) { $0.course = Course() }))
    let refused = Self.with(deal) { ($0.refusal, $0.course) = (.alreadyHandedOver, Course()) }
    #expect(!received.permits(.deal(.cancelRefused, refused)))
    #expect(!story.permits(.deal(.tradeCanceled, Self.with(deal.atRest) { $0.held = 1 })))
    received.hear(.deal(.reserveCancelRequested, Self.reserved(1)))
    #expect(received.permits(.deal(.cancelRefused, refused)))
    #expect(!received.permits(.deal(.cancelRefused, Self.with(refused) { $0.refusal = .alreadyEnded })))
    received.say(.deal(.cancelRefused, refused))
    // It is over: the seller can still end the deal, and the buyer confirm it.
    #expect(received.permits(.deal(.tradeCompleted, deal.atRest)))
    #expect(
      received.permits(.deal(.tradeCalledOff, Self.with(deal.atRest) { ($0.held, $0.cause) = (1, .other) })))
  }

  @Test func `a deal starts with what its listing asks for`() {
    for (price, confirm, isRight) in [
      (nil, Market.Confirmation.code, true), (1000, .code, false), (nil, .none, false),
    ] as [(Int?, Market.Confirmation, Bool)] {
      var story = Story()
      story.say(.listing(.tradeListed, Self.listing(.code)))
      story.hear(.stock(.stockRegistered, Self.level()))
      story.hear(.deal(.reserveCompleted, Self.reserved(1)))
      let deal = Self.with(Self.told(1, confirm)) { $0.price = price }
      #expect(story.permits(.deal(.tradeStarted, deal)) == isRight)
    }
    var story = Story()
    story.say(.listing(.tradeListed, Self.listing()))
    story.hear(.stock(.stockRegistered, Self.level()))
    story.hear(.deal(.reserveCompleted, Self.reserved(1, price: nil)))
    #expect(story.permits(.deal(.tradeStarted, Self.with(Self.told(1)) { $0.price = 1000 })))
    #expect(!story.permits(.deal(.tradeStarted, Self.told(1))))
    #expect(!story.permits(.deal(.tradeStarted, Self.with(Self.told(1)) { $0.price = 900 })))
  }

  @Test func `the line ends by time only when the time has come, and only its head is next`() {
    var story = Story()
    story.say(.listing(.tradeListed, Self.listing()))
    for id in [1, 2] {
      story.hear(.deal(.reserveCompleted, Self.reserved(id)))
      story.say(.deal(.tradeWaiting, Self.with(Self.told(id, until: Self.hour)) { $0.refusal = .noStock }))
    }
    #expect(
      !story.permits(.deal(.tradeWaiting, Self.with(Self.told(1)) { $0.refusal = .noListing })))
    for refusal in [Refusal.waitedTooLong, .datePassed] {
      let ended = Self.with(Self.told(2)) { $0.refusal = refusal }
      #expect(!story.permits(.deal(.tradeRejected, ended), at: Self.hour - 2 * Self.minute))
      #expect(story.permits(.deal(.tradeRejected, ended), at: Self.hour))
    }
    #expect(!story.permits(.deal(.tradeRejected, Self.told(2)), at: Self.hour))
    #expect(story.permits(.deal(.tradeNext, Self.told(1, until: Self.hour))))
    #expect(!story.permits(.deal(.tradeNext, Self.told(2, until: Self.hour))))
    #expect(!story.permits(.deal(.tradeReminded, Self.told(1, until: Self.hour)), at: Self.hour))
    #expect(story.permits(.deal(.tradeTermsChanged, Self.told(2, until: Self.hour))))
    #expect(!story.permits(.deal(.tradeTermsChanged, Self.told(2))))
    #expect(!story.permits(.deal(.tradeTermsChanged, Self.told(3))))
  }

  @Test func `a listing changes only in what its step says`() {
    var story = Story()
    var listing = Self.listing()
    for wrong in [
      Self.with(listing) { $0.version = 2 }, Self.with(listing) { $0.sold = 1 },
      Self.with(listing) { $0.withdrawn = true },
    ] {
      #expect(!story.permits(.listing(.tradeListed, wrong)))
    }
    story.say(.listing(.tradeListed, listing))
    let reminded = Self.with(listing) { $0.remindAt = Self.moment(2 * Self.hour) }
    #expect(story.permits(.listing(.listingReminded, reminded), at: Self.hour))
    #expect(!story.permits(.listing(.listingReminded, reminded), at: Self.hour - 2 * Self.minute))
    #expect(!story.permits(.listing(.listingReminded, listing), at: Self.hour))
    #expect(!story.permits(.listing(.listingReminded, Self.with(reminded) { $0.price = 1 }), at: Self.hour))
    let changed = Self.with(listing) { ($0.price, $0.version) = (2000, 2) }
    #expect(story.permits(.listing(.tradeChanged, changed)))
    #expect(!story.permits(.listing(.tradeChanged, Self.with(changed) { $0.confirm = .code })))
    #expect(!story.permits(.listing(.tradeChanged, Self.with(changed) { $0.remindAt = nil })))
    let withdrawn = Self.with(listing) { $0.withdrawn = true }
    #expect(story.permits(.listing(.tradeWithdrawn, withdrawn)))
    #expect(!story.permits(.listing(.tradeWithdrawn, Self.with(withdrawn) { $0.price = 1 })))
    story.say(.listing(.tradeWithdrawn, withdrawn))
    #expect(story.permits(.listing(.tradeDeleted, Self.with(withdrawn) { $0.isDeleted = true })))
    #expect(!story.permits(.listing(.tradeDeleted, withdrawn)))
    #expect(
      !story.permits(.listing(.listingReminded, Self.with(withdrawn) { $0.remindAt = nil }), at: Self.hour))
    listing.id = 10
    #expect(story.permits(.listing(.tradeListed, listing)))
  }

  @Test func `an event that is handed back tells nothing that newer ones have told`() {
    func entry(_ step: DealStep, _ deal: Deal, _ sequence: UInt64) -> JournalEntry {
      JournalEntry(
        event: Event(.deal(step, deal)), position: EntryID(milliseconds: Self.start, sequence: sequence))
    }
    let (started, moved) = (Self.told(1, until: Self.hour), Self.told(1, until: 2 * Self.hour))
    func remedy(_ step: DealStep, _ later: [JournalEntry]) -> EventReplay.Remedy {
      EventReplay.remedy(for: Event(.deal(step, started)), to: .reservation, after: later)
    }
    for step in [DealStep.tradeStarted, .tradeRescheduled, .tradeNext, .tradeTermsChanged] {
      #expect(remedy(step, []) == .observe(Event(.deal(step, started))))
      let ended = entry(.tradeExpired, started.atRest, 1)
      #expect(remedy(step, [ended]) == .nothing("TradeExpired at \(ended.position) has superseded it."))
      #expect(remedy(step, [entry(.tradeExpired, Self.told(2), 1)]) == .observe(Event(.deal(step, started))))
    }
    // It tells where the deal stands, with the times that it has by now.
    let times = entry(.tradeRescheduled, moved, 1)
    #expect(remedy(.tradeStarted, [times]) == .observe(Event(.deal(.tradeStarted, moved))))
    #expect(
      remedy(.tradeRescheduled, [times])
        == .nothing("TradeRescheduled at \(times.position) has superseded it."))
  }

  private static func with(_ listing: Listing, _ change: (inout Listing) -> Void) -> Listing {
    var listing = listing
    change(&listing)
    return listing
  }
}
