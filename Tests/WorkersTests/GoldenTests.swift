import Keys
import Lanes
import Market
import Testbed
import Testing

@testable import Workers

/// The stored records of the read models, byte for byte.
@Suite struct GoldenTests {
  @Test func `the stored form of a my page row stays the same`() throws {
    try check("mypage row", Story.all[2])
    try Golden.text("mypage name", now: MypageRowID(7, in: Shard(3), .seller).description)
  }

  @Test func `the stored form of a row that tells why and until when stays the same`() throws {
    let waiting = Story.begun().then(.tradeWaiting) {
      ($0.tradeid, $0.seller, $0.refusal) = (9, "이준호", .notFree)
      $0.course.until = Moment(milliseconds: 1_712_300_000_000)
    }
    try check("mypage row waiting", waiting)
    let running = waiting.then(.tradeStarted) { ($0.refusal, $0.confirm) = (nil, .code) }.then(.stockHeld)
    try check("mypage row running", running)
    try check(
      "mypage row called off", running.then(.tradeCalledOff) { $0.cause = .damaged }.then(.stockReleased))
  }

  private func check(_ name: String, _ story: Story) throws {
    let first = try #require(story.events.first), deal = try #require(first.event.deal)
    var row = MypageRow(first.event, of: deal, at: first.position)
    for item in story.events.dropFirst() {
      guard let deal = item.event.deal else { continue }
      row.apply(item.event, of: deal, at: item.position)
    }
    let kept = try Golden.text(name, now: row.packed)
    #expect(try MypageRow(packed: kept, reserveid: 7).packed == kept)
  }

  @Test func `the stored form of a notice stays the same`() throws {
    let item = try #require(Story.begun().started().events.last)
    func notices(withText: Bool) -> [Notice] {
      Notice.all(
        of: item, to: item.event.audience, seller: SellerOfProduct("이준호"), in: Shard(3), withText: withText)
    }
    for (notice, former) in zip(notices(withText: false), notices(withText: true)) {
      let role = notice.id.role
      let name = role == .buyer ? "buyer" : "seller"
      let kept = try Golden.text("notice \(name)", now: notice.fields.packed)
      let text = former.fields["message"]
      #expect(text != nil && notice.id.fields(stored: kept)?["message"] == text)
      #expect(former.id.fields(stored: former.fields.packed)?["message"] == text)
      // Its words are made again from what is stored, also from what older releases stored, without an event.
      var older = former.fields
      older.pairs.removeAll { $0.name == "event" }
      for fields in [notice.fields, former.fields, older] {
        #expect(NoticeText(stored: fields, to: role)?.korean == text)
      }
      try Golden.text("notice name \(name)", now: "\(notice.id.own)\n\(notice.id)")
    }
  }
}
