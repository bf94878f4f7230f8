import Keys
import Market
import Testbed
import Testing

@testable import Lanes
@testable import Workers

/// Notices as they are stored in Redis.
@Suite struct NoticeTests {
  private func reserved(_ count: Int, from start: Int = 1) -> [JournalEvent] {
    (start..<start + count).map { number in
      let event = Story.begun(number).events[0].event
      return JournalEvent(
        event: event, position: EntryID(milliseconds: 1_712_000_000_000 + UInt64(number), sequence: 0))
    }
  }

  private func stored(_ shelf: Shelf, of userid: String = "김민지") throws -> [NoticeID] {
    try shelf.hash(Key.notices(of: userid)).keys.compactMap { NoticeID(own: $0, of: userid) }.sorted()
  }

  @Test func `a notice contains the deal, the role, the time and the message`() throws {
    let shelf = try Shelf()
    try shelf.apply(NotificationProjection.self, Story.begun().started().events)
    let notices = try stored(shelf, of: "이준호")
    #expect(notices.map(\.own) == ["3-1712000000000-1-s"])
    let text = try shelf.hash(Key.notices(of: "이준호"))["3-1712000000000-1-s"] ?? ""
    #expect(
      notices[0].fields(stored: text) == [
        "id": "3-1712000000000-1-s-이준호", "userid": "이준호", "role": "판매",
        "createdAt": "2024-04-01T19:33:20.000Z", "productid": "100", "productname": "애플워치",
        "status": "거래진행중", "event": "TradeStarted", "reserveid": "7", "tradeid": "9",
        "message": "판매하시는 ‘애플워치’ 거래가 시작되었습니다.",
      ])
    #expect(try stored(shelf).map(\.own) == ["3-1712000000000-0-b", "3-1712000000000-1-b"])
  }

  /// Who is told of every step of a deal and of a listing, and in which words.
  @Test(
    arguments: [
      (.reserveChanged, "‘애플워치’ 예약의 날짜나 장소가 바뀌었습니다. 거래일: 2024-04-04", true),
      (.tradeHandedOver, "‘애플워치’ 인계되었습니다. 받으셨다면 인수를 확인해 주세요.", true),
      (.tradeCalledOff, "‘애플워치’ 거래를 판매자가 취소했습니다. \(CancelReason.noShow.message)", true),
      (.tradeExpired, "‘애플워치’ 거래일이 지나 예약이 만료되었습니다.", true),
      (.tradeReminded, "‘애플워치’ 거래일이 다가옵니다. 시간과 장소를 확인해 주세요.", true),
      (.tradeNext, "‘애플워치’ 다음 차례가 되었습니다.", false),
      (.tradeTermsChanged, "‘애플워치’ 판매 내용이 바뀌었습니다.", false),
      (.tradeRescheduled, nil, false),
      (.codeRefused, nil, false),
    ] as [(DealStep, String?, Bool)])
  func `buyers and sellers are told of steps that concern them`(
    step: DealStep, message: String?, tellsSeller: Bool
  ) throws {
    let shelf = try Shelf()
    let events = Story.begun().started().then(step) { deal in
      if step == .tradeCalledOff { deal.cause = .noShow }
    }.events
    try shelf.apply(NotificationProjection.self, events)
    func told(_ userid: String) throws -> Fields? {
      let last = try #require(events.last).position
      guard let id = try stored(shelf, of: userid).first(where: { $0.position == last }) else { return nil }
      return id.fields(stored: try shelf.hash(Key.notices(of: userid))[id.own] ?? "")
    }
    let buyer = try told("김민지")
    #expect(buyer?["message"] == message && buyer?["event"] == (message == nil ? nil : step.rawValue))
    #expect(buyer?["status"] == (message == nil ? nil : step.status?.rawValue ?? ""))
    #expect(buyer?["reason"] == (step == .tradeCalledOff ? "noShow" : nil))
    let seller = try told("이준호")
    #expect((seller != nil) == tellsSeller && seller?["event"] == (tellsSeller ? step.rawValue : nil))
  }

  @Test func `sellers are told of their listings, in the words of their listings`() throws {
    let shelf = try Shelf()
    var listing = Listing(
      id: 9, productid: 100, userid: "이준호", productname: "애플워치 7", qty: 1, price: 50_000)
    var events = [Event(.listing(.tradeListed, listing))]
    listing.productname = "애플워치 7, 새것"
    events.append(Event(.listing(.tradeChanged, listing)))
    events.append(Event(.listing(.listingReminded, listing)))
    // Nobody but the buyer has named the goods so far in this event.
    events.append(Story.begun().events[0].event)
    try shelf.apply(
      NotificationProjection.self,
      events.enumerated().map {
        JournalEvent(event: $1, position: EntryID(milliseconds: 10, sequence: UInt64($0)))
      })
    let notices = try shelf.hash(Key.notices(of: "이준호"))
    let told = try stored(shelf, of: "이준호").compactMap { $0.fields(stored: notices[$0.own] ?? "") }
    #expect(
      told.map { $0["message"] } == [
        "판매하시는 ‘애플워치 7’ 판매를 시작했습니다.",
        "판매하시는 ‘애플워치 7, 새것’ 판매 내용을 바꾸었습니다.",
        "판매하시는 ‘애플워치 7, 새것’ 아직 판매 중입니다. 내용을 다시 확인해 보세요.",
        "판매하시는 ‘애플워치 7, 새것’ 예약이 완료되었습니다. 거래일: 2024-04-04",
      ])
    #expect(
      told.map { $0["event"] } == ["TradeListed", "TradeChanged", "ListingReminded", "ReserveCompleted"])
    #expect(told.map { $0["status"] } == ["판매중", "", "", "예약완료"])
    // A lane that did not see the listing knows its name too, and the buyer's notice has the buyer's words.
    try shelf.apply(NotificationProjection.self, Story.begun(8).events)
    let later = try #require(try stored(shelf, of: "이준호").last)
    let text = try shelf.hash(Key.notices(of: "이준호"))[later.own] ?? ""
    #expect(later.fields(stored: text)?["productname"] == "애플워치 7, 새것")
    let buyers = try #require(try stored(shelf).last)
    let words = try shelf.hash(Key.notices(of: "김민지"))[buyers.own] ?? ""
    #expect(buyers.fields(stored: words)?["productname"] == "애플워치")
  }

  @Test(arguments: [DataFormat.first, DataFormat.current])
  func `the first format stores the text, and everybody is told the same in each`(format: Int) throws {
    let shelf = try Shelf()
    let owner = ProjectionLane(shard: shelf.shard, format: WrittenFormat(format))
    try shelf.apply(NotificationProjection.self, Story.begun().started().events, by: owner)
    let kept = try shelf.hash(Key.notices(of: "이준호"))
    let text = "판매하시는 ‘애플워치’ 거래가 시작되었습니다."
    #expect(kept.count == 1 && kept.values.allSatisfy { $0.contains(text) == (format == DataFormat.first) })
    for id in try stored(shelf, of: "이준호") {
      #expect(id.fields(stored: kept[id.own] ?? "")?["message"] == text)
    }
  }

  @Test func `a shard lists its newest notices, and at most some more`() throws {
    let shelf = try Shelf()
    let owner = ProjectionLane(shard: shelf.shard)
    var longest = 0
    for batch in 0..<60 {
      try shelf.apply(NotificationProjection.self, reserved(30, from: 1 + 30 * batch), by: owner)
      longest = max(longest, try shelf.connection.call("LLEN", Key.notices(of: shelf.shard)).integer ?? 0)
    }
    #expect(1000...1000 + NoticeKeeping.slack + 30 ~= longest)
    // Whoever takes the lane trims it with the first batch.
    try shelf.apply(NotificationProjection.self, reserved(1, from: 5000))
    #expect(try shelf.connection.call("LLEN", Key.notices(of: shelf.shard)).integer == 1000)
  }

  @Test func `applying the same events twice changes no notice`() throws {
    let shelf = try Shelf()
    for story in Story.all { try shelf.apply(NotificationProjection.self, story.events) }
    let once = try ["김민지", "이준호"].map { try shelf.hash(Key.notices(of: $0)) }
    for story in Story.all { try shelf.apply(NotificationProjection.self, story.events) }
    #expect(try ["김민지", "이준호"].map { try shelf.hash(Key.notices(of: $0)) } == once)
  }

  @Test func `only the newest notices of a user are kept`() throws {
    let shelf = try Shelf()
    let (limit, slack) = (NoticeKeeping.limit, NoticeKeeping.slack)
    var written = 0
    for count in [limit, slack, 1, slack / 2, 3000] {
      try shelf.apply(NotificationProjection.self, reserved(count, from: written + 1))
      written += count
      let kept = try stored(shelf)
      #expect(kept.count >= min(written, limit) && kept.count <= limit + slack)
      #expect(
        kept.map { Int($0.position.milliseconds - 1_712_000_000_000) }.elementsEqual(
          written - kept.count + 1...written))
    }
    // Removed notices stay away when they are written again.
    try shelf.apply(NotificationProjection.self, reserved(2 * slack))
    #expect(try stored(shelf).count == limit)
  }

  @Test func `the number of notices is checked only now and then`() throws {
    let shelf = try Shelf()
    let owner = ProjectionLane(shard: shelf.shard)
    func looks() throws -> Int { try shelf.connection.calls(of: "hlen") }
    for number in 1..<NoticeKeeping.slack / 2 {
      try shelf.apply(NotificationProjection.self, reserved(1, from: number), by: owner)
    }
    #expect(try looks() == 1)
    // Check before there can be many, and after a while.
    try shelf.apply(NotificationProjection.self, reserved(20, from: 100), by: owner)
    #expect(try looks() == 2)
    try shelf.apply(NotificationProjection.self, reserved(1, from: 120 + NoticeKeeping.interval), by: owner)
    #expect(try looks() == 3)
    // So there are never many notices over the limit.
    var next = 121 + NoticeKeeping.interval
    for _ in 0..<40 {
      try shelf.apply(NotificationProjection.self, reserved(49, from: next), by: owner)
      next += 49
      #expect(try stored(shelf).count <= NoticeKeeping.limit + 2 * NoticeKeeping.slack)
    }
  }

  @Test func `notices expire, and their time to live is renewed at most once a day`() throws {
    let shelf = try Shelf()
    let key = Key.notices(of: "김민지")
    func left() throws -> Int { try shelf.connection.call("PTTL", key).integer ?? 0 }
    try shelf.apply(NotificationProjection.self, reserved(1))
    #expect(try left() > NoticeKeeping.lifetime)
    // The time to live is renewed only after a day; then old notices are removed.
    let due = NoticeKeeping.lifetime + NoticeKeeping.interval
    try shelf.connection.call("PEXPIRE", key, "\(due + 60_000)")
    try shelf.apply(NotificationProjection.self, reserved(1, from: 2))
    #expect(try left() <= due + 60_000)
    try shelf.connection.call("PEXPIRE", key, "\(due - 1)")
    try shelf.apply(NotificationProjection.self, reserved(1, from: NoticeKeeping.lifetime + 2))
    #expect(try left() > due + 60_000)
    #expect(
      try stored(shelf).map { $0.position.milliseconds - 1_712_000_000_000 } == [
        2, UInt64(NoticeKeeping.lifetime) + 2,
      ])
  }

  @Test func `a malformed notice id is not removed as surplus`() {
    #expect(NoticeKeeping.surplus(of: ["nonsense", "3-5-0-b"], now: 5) == [])
    #expect(
      NoticeKeeping.surplus(of: ["nonsense", "3-5-0-b"], now: UInt64(NoticeKeeping.lifetime) + 6) == [
        "3-5-0-b"
      ])
  }
}
