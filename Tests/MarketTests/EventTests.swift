import Testing

@testable import Market

@Suite struct EventTests {
  /// Every type of event, with the fewest and with all fields.
  static let events: [Event] = {
    var full = deal(7, qty: 3)
    full.tradeid = 1
    full.seller = "판매자"
    full.refusal = .notFree
    full.held = 3
    full.delete = true
    full.terms?.version = 4
    var bare = deal(7)
    bare.terms?.address = ""
    let listing = Listing(
      id: 1, productid: 2, userid: "s", productname: "n", qty: 3, price: 0, held: 1, sold: 1,
      version: 2)
    let sold = Listing(id: 1, productid: 2, userid: "s", productname: "n", qty: 3, price: 0, sold: 3)
    let gone = Listing(
      id: 1, productid: 2, userid: "s", productname: "n", qty: 3, price: 0, withdrawn: true, isDeleted: true)
    var facts: [Fact] = [bare, full].flatMap { deal in
      DealStep.allCases.map { Fact.deal($0, $0.worker == .reservation ? deal : deal.withoutTerms) }
        + StockAnswer.allCases.map { Fact.hold($0, deal.withoutTerms, level(4, held: 3)) }
    }
    facts.append(.hold(.stockShort, bare.withoutTerms, .unregistered(product)))
    let renamed = StockLevel(id: 1, productid: product, productname: "시계", qty: 1, version: 3)
    facts.append(.hold(.stockHeld, bare.withoutTerms, renamed))
    facts += ListingStep.allCases.flatMap { step in [listing, sold, gone].map { Fact.listing(step, $0) } }
    facts += StockStep.allCases.map { Fact.stock($0, level(0)) }
    facts += Refusal.allCases.map {
      .rejected(Rejection(kind: .handover, id: 1, productid: 2, refusal: $0, userid: "s"))
    }
    facts.append(
      .rejected(
        Rejection(kind: .cancelReserve, id: 1, productid: 2, refusal: .alreadyCompleted, status: .completed)))
    return facts.map { Event($0) }
  }()

  @Test func `an event is read back as it was written, and unknown fields are ignored`() throws {
    for event in Self.events {
      var fields = event.fields
      #expect(fields.first { _ in true }?.value == event.type)
      #expect(fields.allSatisfy { !$0.value.isEmpty })
      #expect(Set(fields.map(\.name)).count == fields.pairs.count, "\(fields)")
      fields.append("later", "something new")
      #expect(try Event(fields: fields) == event)
    }
  }

  @Test func `an event stores its caller's command id, but not where the reply goes`() throws {
    let caller = Caller(commandid: "c", replyto: "r")
    for event in Self.events {
      var asked = event
      if case .deal(let step, _) = event.fact, step.passesOn {
        asked.asker = caller
      } else {
        asked.caller = caller
      }
      let read = try Event(fields: asked.fields)
      #expect((read.caller ?? read.asker) == Caller(commandid: "c"))
      #expect((read.caller == nil) == (asked.caller == nil))
    }
  }

  @Test func `a ReserveCompleted event has all fields of the reservation`() {
    #expect(
      Event(.deal(.reserveCompleted, deal(7))).fields == [
        "type": "ReserveCompleted", "id": "7", "productid": "100", "userid": "buyer7", "productname": "애플워치",
        "qty": "1", "reserveDt": "2024-04-04", "address": "서울특별시 서초구 방배동", "price": "50000",
        "status": "예약완료",
      ])
  }

  @Test func `an event with a missing field or an unknown type cannot be read`() {
    let good = Event(.deal(.tradeStarted, deal(7))).fields
    for field in ["type", "reserveid", "productid", "userid", "qty"] {
      let bad = Fields(good.pairs.filter { $0.name != field })
      #expect(throws: FieldError.self, "\(field)") { try Event(fields: bad) }
    }
    let told = Event(.deal(.reserveCompleted, deal(7))).fields
    for field in ["id", "reserveDt"] {
      let bad = Fields(told.pairs.filter { $0.name != field })
      #expect(throws: FieldError.self, "\(field)") { try Event(fields: bad) }
    }
    #expect(throws: FieldError.self) { try Event(fields: ["type": "TradeStolen"]) }
  }

  @Test func `a status is read from its Korean name, and an event knows its status`() {
    #expect(Status(wire: "거래 진행중") == .running)
    for status in Status.allCases { #expect(Status(wire: status.rawValue) == status) }
    #expect(Status(wire: "") == nil)
    #expect(Event(.hold(.stockDecreased, deal(1), level(1))).status?.rawValue == "재고감소")
    #expect(Event(.deal(.cancelRefused, deal(1))).status == nil)
  }

  @Test func `every refusal has a message of its own`() {
    #expect(Set(Refusal.allCases.map(\.message)).count == Refusal.allCases.count)
    #expect(Refusal.soldOut.message == "품절되었습니다.")
  }
}
