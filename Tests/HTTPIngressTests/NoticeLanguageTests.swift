import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import HTTPIngress

/// Notices are stored in Korean, and read in the language that a caller asks for.
@Suite struct NoticeLanguageTests {
  private static let user = "minji"

  /// Stores a notice, and its entry of the status stream.
  private static func tell(_ stage: TestIngress, at milliseconds: Int, _ fields: Fields) throws -> NoticeID {
    let position = EntryID(milliseconds: UInt64(milliseconds), sequence: 0)
    let id = NoticeID(of: position, in: Shard(0), to: user, as: .buyer)
    var commands = Commands("HSET", Key.notices(of: user), id.own, fields.packed)
    commands.add(
      "XADD", Key.status(of: Shard(0)), "*", "type", "StatusUpdated", "position", "\(position)", "userid",
      user)
    try stage.redis(commands)
    return id
  }

  private static let calledOff: Fields = [
    "productid": "7", "productname": "자전거", "status": "거래취소", "message": "‘자전거’ 거래를 판매자가 취소했습니다.",
    "event": "TradeCalledOff", "reason": "noShow", "reserveid": "9",
  ]
  private static let next: Fields = [
    "productid": "7", "productname": "자전거", "status": "", "message": "‘자전거’ 다음 차례가 되었습니다.",
    "event": "TradeNext", "reserveid": "9",
  ]
  /// What no release says yet.
  private static let newer: Fields = [
    "productid": "7", "productname": "자전거", "status": "새상태", "message": "새로운 소식", "event": "NewEvent",
  ]

  @Test func `a list, a notice and a stream have the caller's language`() async throws {
    try await TestIngress.run { stage in
      var streams: [String: EventStream] = [:]
      for language in ["ko", "en-GB"] {
        streams[language] = try await EventStream(
          "\(stage.base)/notices/stream?userid=\(Self.user)", headers: ["Accept-Language": language])
      }
      let ids = try [Self.calledOff, Self.next, Self.newer].enumerated().map { place, fields in
        try Self.tell(stage, at: 1_795_361_246_000 + place, fields)
      }
      let korean = [Self.calledOff, Self.next, Self.newer].map { $0["message"] }
      let english = [
        "“자전거”: the seller has called the deal off. The buyer did not show up.", "“자전거”: you are next.",
        "새로운 소식",
      ]
      for (language, expected) in [("ko", korean), ("en-GB", english)] {
        let headers = ["Accept-Language": language]
        let list = try await stage.call("GET", "/notices?userid=\(Self.user)", nil, headers).json
        let listed = list["_embedded"]["notices"].elements
        #expect(listed.reversed().map { $0["message"].text } == expected)
        #expect(listed.map { $0["status"].text } == ["새상태", "", "거래취소"])
        #expect(listed.map { $0["event"].text } == ["NewEvent", "TradeNext", "TradeCalledOff"])
        #expect(listed.map { $0["reason"].text } == [nil, nil, "noShow"])
        for (id, text) in zip(ids, expected) {
          #expect(try await stage.call("GET", "/notices/\(id)", nil, headers).json["message"].text == text)
        }
        let stream = try #require(streams[language])
        try await eventually("all of them came") { stream.ids.count == ids.count }
        #expect(stream.events.map { $0.json["message"].text } == expected)
      }
    }
  }
}
