import Keys
import Lanes
import Market
import Testbed
import Testing

@testable import Workers

/// The stored records of the read models, byte for byte.
@Suite struct GoldenTests {
  @Test func `the stored form of a my page row stays the same`() throws {
    let events = Story.all[2].events
    let first = try #require(events.first), deal = try #require(first.event.deal)
    var row = MypageRow(first.event, of: deal, at: first.position)
    for item in events.dropFirst() {
      guard let deal = item.event.deal else { continue }
      row.apply(item.event, of: deal, at: item.position)
    }
    let kept = try Golden.text("mypage row", now: row.packed)
    #expect(try MypageRow(packed: kept, reserveid: 7).packed == kept)
    try Golden.text("mypage name", now: MypageRowID(7, in: Shard(3), .seller).description)
  }

  @Test func `the stored form of a row that has all fields stays the same`() throws {
    let events = Story.begun().then(.tradeWaiting) { $0.refusal = .notFree }.then(.tradeStarted) {
      ($0.tradeid, $0.seller, $0.confirm) = (9, "이준호", .code)
      $0.course.until = Moment(milliseconds: 1_712_300_000_000)
    }.then(.stockHeld).events
    let first = try #require(events.first), deal = try #require(first.event.deal)
    var row = MypageRow(first.event, of: deal, at: first.position)
    for item in events.dropFirst() {
      guard let deal = item.event.deal else { continue }
      row.apply(item.event, of: deal, at: item.position)
    }
    let kept = try Golden.text("mypage row with all", now: row.packed)
    #expect(try MypageRow(packed: kept, reserveid: 7).packed == kept)
  }

  @Test func `the stored form of a notice stays the same`() throws {
    let item = try #require(Story.begun().started().events.last)
    let notices = Notice.all(of: item, seller: SellerOfProduct("이준호"), in: Shard(3))
    for (notice, role) in zip(notices, DealRole.allCases) {
      let kept = try Golden.text("notice \(role == .buyer ? "buyer" : "seller")", now: notice.fields.packed)
      #expect(notice.id.fields(stored: kept)?["message"] == notice.fields["message"])
      // Its words are made again from what is stored, also from what older releases stored, without an event.
      var older = notice.fields
      older.pairs.removeAll { $0.name == "event" }
      for fields in [notice.fields, older] {
        #expect(NoticeText(stored: fields, to: role)?.korean == notice.fields["message"])
      }
      try Golden.text(
        "notice name \(role == .buyer ? "buyer" : "seller")", now: "\(notice.id.own)\n\(notice.id)")
    }
  }
}
