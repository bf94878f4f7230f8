import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// Keys that contain external text are still in the right slot.
@Suite struct KeyTests {
  /// Returns the part of a key that Redis Cluster hashes: between the first brace and the next closing one.
  private func tag(_ key: String) -> String? {
    guard let open = key.firstIndex(of: "{"),
      let close = key[open...].firstIndex(of: "}"), close > key.index(after: open)
    else { return nil }
    return String(key[key.index(after: open)..<close])
  }

  @Test(arguments: ["abc", "김민지", "a}b", "{a}", "}{", "%7D", "{", "}", "a:b", "{1}:events"])
  func `all keys of a user are in one slot`(userid: String) throws {
    let list = try #require(tag(Key.mypage(of: userid)))
    #expect(tag(Key.notices(of: userid)) == list)
    #expect(list.contains("{") == false)
  }

  @Test func `different users have different keys`() {
    let users = ["a", "a}", "a%7D", "%7D", "}", "{", "%7B", "a{b", "a%7Bb"]
    #expect(Set(users.map { Key.mypage(of: $0) }).count == users.count)
    #expect(Set(users.map { Key.request($0) }).count == users.count)
  }

  @Test(arguments: [
    "abc", "김민지", "a}b", "{a}", "%7D", "%", "%%7", "\u{301}b", "a\u{301}", "a:b", "}:b",
  ])
  func `the user id can be read back from a key`(userid: String) {
    #expect(Key.userid(ofNotices: Key.notices(of: userid)) == userid)
    #expect(Key.userid(ofMypage: Key.mypage(of: userid)) == userid)
    #expect(Key.userid(ofMypage: Key.notices(of: userid)) == nil)
    #expect(Key.shard(ofMypageRows: Key.mypage(of: userid)) == nil)
    #expect(Key.userid(ofNotices: Key.mypage(of: userid)) == nil)
    #expect(Key.userid(ofNotices: Key.notices(of: Shard(3))) == nil)
  }

  @Test(arguments: ["abc", "김민지", "a-b-1", "-", "--b-", "\u{301}b", "3-17-0-b-x", "a\tb"])
  func `a notice id is read back as it is written, and contains the user id`(userid: String) throws {
    let position = EntryID(milliseconds: 1_795_361_246_702, sequence: 12)
    let id = NoticeID(of: position, in: Shard(3), to: userid, as: .seller)
    #expect(id.description == "3-1795361246702-12-s-\(userid)")
    #expect(NoticeID(id.description) == id)
    #expect(NoticeID(own: id.own, of: userid) == id)
  }

  @Test(arguments: [
    "", "-", "3-17-0-b", "3-17-0-b-", "3-17-0-x-abc", "3-17-b-abc", "x-17-0-b-abc", "-1-17-0-b-abc",
    "03-17-0-b-abc",
    "+3-17-0-b-abc", "3-017-0-b-abc",
  ])
  func `a malformed notice id is rejected`(text: String) { #expect(NoticeID(text) == nil) }

  @Test func `the id of a my page row is parsed strictly`() {
    #expect(MypageRowID("3:7:buyer") == MypageRowID(7, in: Shard(3), .buyer))
    #expect(MypageRowID("3:7:seller")?.description == "3:7:seller")
    for text in [
      "", "3", "3:7", "3:7:", ":7:buyer", "3::buyer", "3:07:buyer", "03:7:buyer", "-3:7:buyer", "3:7:buyer:",
      "3:7:owner", "3:+7:buyer", "7:buyer",
    ] {
      #expect(MypageRowID(text) == nil)
    }
  }

  @Test func `the shard can be read back from the key of my page rows`() {
    for id in [0, 1, 999, 1000, 9_007_199_254_740_991] {
      #expect(Key.shard(ofMypageRows: Key.mypageRows(of: id, in: Shard(12))) == Shard(12))
    }
    for key in ["{3}:mypage", "{3}:mypage:", "{3}:mypage:a", "{03}:mypage:1", "{-1}:mypage:1", "3:mypage:1"] {
      #expect(Key.shard(ofMypageRows: key) == nil)
    }
  }

  @Test func `all keys of a shard have its hash tag`() {
    let shard = Shard(3)
    for key in [
      Key.journal(of: shard), Key.commands(.trade, in: shard), Key.reservation(1, in: shard),
      Key.operation("a}{b", in: shard), Key.replies(to: "x", in: shard), Key.seller(of: 5, in: shard),
      Key.notices(of: shard), Key.mypageRows(of: 1234, in: shard),
    ] {
      #expect(tag(key) == "3")
    }
  }

  /// A hash of Redis takes four times as much once it is no longer in one piece.
  @Test func `what stays of things that have left is small`() throws {
    let server = try TestRedis()
    let redis = try server.connect()
    let (first, count, day) = (90_000_000_000_000, 10_000, "2026-11-27")
    let ids = first..<first + count
    for entity in Entity.allCases {
      for id in ids { try redis.call("HSET", Key.directory(archived: entity, id: id), "\(id)", "\(id)") }
      // As many shards as a system begins with: the ids are spread over them.
      for id in ids { try redis.call("HSET", Key.archived(entity, id: id, in: Shard(id % 8)), "\(id)", day) }
    }
    var bytes = 0
    for key in try redis.call("KEYS", "*").compactMap(\.string) {
      #expect(try redis.call("OBJECT", "ENCODING", key).string == "listpack", "\(key)")
      bytes += try redis.call("MEMORY", "USAGE", key).integer ?? 0
    }
    // Of a deal: a reservation, a listing and a stock.
    #expect(bytes / count <= 150, "\(bytes / count)")
  }
}
