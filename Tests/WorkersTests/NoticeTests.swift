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
        "status": "거래진행중", "message": "판매하시는 ‘애플워치’ 거래가 시작되었습니다.",
        "reserveid": "7", "tradeid": "9",
      ])
    #expect(try stored(shelf).map(\.own) == ["3-1712000000000-0-b", "3-1712000000000-1-b"])
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
