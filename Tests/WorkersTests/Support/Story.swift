import Market

@testable import Workers

/// The history of a reservation in steps; every step is an event at the next position of the journal.
struct Story {
  private(set) var events: [JournalEvent] = []
  private var deal: Deal
  private var time: UInt64

  init(_ reserveid: Int = 7, buyer: String = "김민지", at time: UInt64 = 1_712_000_000_000) {
    deal = Deal(
      reserveid: reserveid, productid: 100, userid: buyer, productname: "애플워치", qty: 1,
      terms: Terms(price: 50_000, reserveDt: "2024-04-04", address: "서울특별시 서초구 방배동"))
    self.time = time
  }

  /// Returns the story with another step, which can change the deal.
  func then(_ step: DealStep, _ change: (inout Deal) -> Void = { _ in }) -> Story {
    adding { deal in
      change(&deal)
      return .deal(step, step.worker == .reservation ? deal : deal.withoutTerms)
    }
  }

  func then(_ step: StockAnswer) -> Story {
    adding {
      .hold(step, $0.withoutTerms, StockLevel(id: 1, productid: 100, productname: "애플워치", qty: 1))
    }
  }

  private func adding(_ fact: (inout Deal) -> Fact) -> Story {
    var story = self
    story.events.append(
      JournalEvent(
        event: Event(fact(&story.deal)),
        position: EntryID(milliseconds: time, sequence: UInt64(events.count % 2))))
    story.time += UInt64(events.count % 2) * 1000
    return story
  }

  static func begun(_ reserveid: Int = 7, buyer: String = "김민지") -> Story {
    Story(reserveid, buyer: buyer).then(.reserveCompleted)
  }

  func started(seller: String = "이준호") -> Story {
    then(.tradeStarted) {
      $0.tradeid = 9
      $0.seller = seller
    }
  }

  private static let end = Moment(milliseconds: 1_712_300_000_000)

  /// Possible histories that together contain every step of a deal.
  static let all = [
    begun().started().then(.stockHeld).then(.tradeCompleted).then(.stockDecreased),
    begun().then(.tradeWaiting).then(.reserveChanged) { $0.terms?.reserveDt = "2024-05-05" }.started()
      .then(.stockShort).then(.tradeWaiting).then(.reserveCancelRequested).then(.tradeCanceled)
      .then(.reserveCanceled).then(.reserveDeleted),
    begun().started().then(.handoverRequested).then(.stockHeld).then(.tradeCompleted)
      .then(.reserveCancelRequested).then(.cancelRefused).then(.stockDecreased),
    begun().started().then(.stockHeld).then(.reserveCancelRequested).then(.tradeCanceled)
      .then(.reserveCanceled).then(.stockReleased),
    begun().then(.tradeWaiting).then(.tradeRejected) { $0.seller = "이준호" },
    begun().then(.tradeWaiting) { $0.course.until = end }.then(.tradeNext).started().then(.stockHeld)
      .then(.tradeReminded).then(.tradeTermsChanged) { $0.productname = "애플워치 7" }.then(.codeRefused)
      .then(.tradeRescheduled) { $0.course.until = end.advanced(by: 1) }
      .then(.tradeExpired) { $0.course = Course() }.then(.stockReleased),
    begun().started().then(.stockHeld).then(.tradeHandedOver) { $0.course.until = end }
      .then(.tradeCompleted) { $0.course = Course() }.then(.stockDecreased),
    begun().started().then(.stockHeld).then(.tradeCalledOff) { $0.cause = .damaged }.then(.stockReleased),
  ]
}
