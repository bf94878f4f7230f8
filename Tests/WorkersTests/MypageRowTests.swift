import Keys
import Market
import Testing

@testable import Workers

/// The row that the events of a reservation make.
@Suite struct MypageRowTests {
  private func row(_ events: some Sequence<JournalEvent>, after row: MypageRow? = nil) -> MypageRow? {
    var row = row
    for item in events {
      guard let deal = item.event.deal else { continue }
      if row?.apply(item.event, of: deal, at: item.position) == nil {
        row = MypageRow(item.event, of: deal, at: item.position)
      }
    }
    return row
  }

  private func said(_ story: Story) throws -> Fields {
    let packed = try #require(row(story.events)?.packed)
    return try #require(Fields(packed: packed))
  }

  @Test func `the events of a whole deal make its row`() throws {
    let story = Story.begun()
    #expect(
      try said(story) == [
        "position": "1712000000000-0", "begun": "1712000000000", "productid": "100",
        "productname": "애플워치", "qty": "1", "buyer": "김민지", "price": "50000", "reserveDt": "2024-04-04",
        "address": "서울특별시 서초구 방배동", "status": "예약완료", "reserveStatus": "예약완료",
      ])
    let done = try said(story.started().then(.stockHeld).then(.tradeCompleted).then(.stockDecreased))
    for (name, value) in [
      ("position", "1712000002000-0"), ("begun", "1712000000000"), ("seller", "이준호"),
      ("tradeid", "9"), ("status", "거래완료"), ("reserveStatus", "예약완료"), ("tradeStatus", "거래완료"),
      ("stockStatus", "재고감소"),
    ] {
      #expect(done[name] == value, "\(name)")
    }
  }

  @Test func `a requested cancel changes the status only once it is confirmed`() throws {
    let asked = Story.begun().started().then(.reserveCancelRequested)
    #expect(try said(asked)["status"] == "거래진행중")
    #expect(try said(asked)["reserveStatus"] == "취소요청")
    let refused = try said(asked.then(.cancelRefused))
    #expect(refused["status"] == "거래진행중" && refused["reserveStatus"] == "예약완료")
    let canceled = try said(asked.then(.tradeCanceled).then(.reserveCanceled).then(.stockReleased))
    #expect(canceled["status"] == "예약취소" && canceled["reserveStatus"] == "예약취소")
    #expect(canceled["tradeStatus"] == "예약취소" && canceled["stockStatus"] == "재고복원")
  }

  @Test func `only the reservation's own events change date and address`() throws {
    let story = Story.begun().started().then(.reserveChanged) {
      $0.terms = Terms(price: 50_000, reserveDt: "2024-05-05", address: "부산")
    }
    let moved = try said(story.then(.stockHeld))
    #expect(moved["reserveDt"] == "2024-05-05" && moved["address"] == "부산" && moved["price"] == "50000")
    #expect(moved["seller"] == "이준호")
  }

  @Test func `a row tells when a deal ends by itself, and why it ended`() throws {
    let (end, later) = (Moment(milliseconds: 1_712_300_000_000), Moment(milliseconds: 1_712_400_000_000))
    let running = Story.begun().then(.tradeStarted) {
      ($0.tradeid, $0.seller, $0.confirm, $0.course.until) = (9, "이준호", .code, end)
    }.then(.stockHeld)
    let told = try said(running)
    #expect(told["until"] == "2024-04-05T06:53:20.000Z" && told["confirm"] == "code" && told["reason"] == nil)
    let moved = try said(running.then(.tradeRescheduled) { $0.course.until = later })
    #expect(moved["until"] == "2024-04-06T10:40:00.000Z" && moved["status"] == "거래진행중")
    let expired = try said(running.then(.tradeExpired) { $0.course = Course() }.then(.stockReleased))
    #expect(expired["status"] == "예약만료" && expired["tradeStatus"] == "예약만료" && expired["until"] == nil)
    let off = try said(
      running.then(.tradeCalledOff) { ($0.course, $0.cause) = (Course(), .noShow) }.then(.stockReleased))
    #expect(off["status"] == "거래취소" && off["reason"] == "noShow" && off["until"] == nil)
    let waiting = try said(
      Story.begun().then(.tradeWaiting) { ($0.course.until, $0.refusal) = (end, .notFree) })
    #expect(waiting["until"] == "2024-04-05T06:53:20.000Z" && waiting["reason"] == "notFree")
    let handed = try said(running.then(.tradeHandedOver) { ($0.confirm, $0.course.until) = (.buyer, later) })
    #expect(handed["status"] == "인계완료" && handed["until"] == "2024-04-06T10:40:00.000Z")
  }

  @Test func `a product goes by the name that the trade gives it`() throws {
    let story = Story.begun().started().then(.tradeTermsChanged) { $0.productname = "애플워치 7" }
    #expect(try said(story)["productname"] == "애플워치 7")
    // What stock and reservation call it counts no more.
    #expect(try said(story.then(.reserveChanged) { $0.productname = "시계" })["productname"] == "애플워치 7")
  }

  @Test func `a price that the reservation lacks is the one that the deal starts with`() throws {
    let story = Story(7, buyer: "김민지").then(.reserveCompleted) { $0.terms?.price = nil }
    #expect(try said(story)["price"] == nil)
    let started = story.then(.tradeStarted) { $0.price = 45_000 }.then(.stockHeld)
    #expect(try said(started)["price"] == "45000")
    // The reservation can change before it has heard of that.
    let moved = started.then(.reserveChanged) {
      ($0.price, $0.terms) = (nil, Terms(price: nil, reserveDt: "2024-05-05", address: "부산"))
    }
    #expect(try said(moved)["price"] == "45000" && said(moved)["reserveDt"] == "2024-05-05")
  }

  @Test func `a row can be made from a journal whose first event was trimmed`() throws {
    let story = Story.begun().started().then(.stockHeld)
    let late = try #require(row(story.events.dropFirst()))
    let fields = try #require(Fields(packed: late.packed))
    #expect(fields["begun"] == "1712000000000" && fields["reserveStatus"] == "예약완료")
    #expect(fields["reserveDt"] == nil && fields["stockStatus"] == "재고확보")
    let told = try #require(row(story.then(.reserveChanged).events.dropFirst()))
    #expect(Fields(packed: told.packed)?["reserveDt"] == "2024-04-04")
  }

  @Test func `the stories have every step of a deal`() {
    let types = Story.all.flatMap(\.events).map(\.event.type)
    let steps = DealStep.allCases.map(\.rawValue) + StockAnswer.allCases.map(\.rawValue)
    // A row does not outlive its reservation, and who is forgotten is no step of a deal.
    #expect(Set(steps).subtracting(types) == ["ReserveArchived", "ReserveForgotten"])
  }

  /// A batch begins with the row that the last one stored, and can be read again.
  @Test(arguments: Story.all.indices)
  func `any split into batches makes the same row`(story: Int) throws {
    let events = Story.all[story].events
    let whole = try #require(row(events)?.packed)
    for cuts in 0..<(1 << (events.count - 1)) {
      var stored: MypageRow?
      var batch: [JournalEvent] = []
      for (place, event) in events.enumerated() {
        batch.append(event)
        guard cuts & (1 << place) != 0 || place == events.count - 1 else { continue }
        for _ in 1...2 {
          let next = row(batch, after: stored)
          stored = try next.map { try MypageRow(packed: $0.packed, reserveid: 7) }
        }
        batch = []
      }
      #expect(stored?.packed == whole, "cut at \(String(cuts, radix: 2))")
    }
  }

  @Test(arguments: [
    "", "position", "position\t1-1", "a\tb",
    "position\tx\tbegun\t1\tproductid\t1\tqty\t1\tprice\t1\tbuyer\ta",
  ])
  func `an invalid stored row is rejected`(text: String) {
    #expect(throws: FieldError.self) { try MypageRow(packed: text, reserveid: 7) }
  }
}
