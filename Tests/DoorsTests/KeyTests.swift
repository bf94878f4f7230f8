import Lanes
import Layout
import Testbed
import Testing

/// Keys that hold text from outside still lie in the slot they should.
@Suite struct KeyTests {
  /// What Redis Cluster hashes of a key: the text between the first brace and the next closing one.
  private func tag(_ key: String) -> String? {
    guard let open = key.firstIndex(of: "{"),
      let close = key[open...].firstIndex(of: "}"), close > key.index(after: open)
    else { return nil }
    return String(key[key.index(after: open)..<close])
  }

  @Test(arguments: ["abc", "김민지", "a}b", "{a}", "}{", "%7D", "{", "}", "a:b", "{1}:events"])
  func aUsersKeysShareOneSlot(userid: String) throws {
    let list = try #require(tag(Key.mypage(of: userid)))
    #expect(tag(Key.mypage(of: userid, row: "7:buyer")) == list)
    #expect(tag(Key.notices(for: userid)) == list)
    #expect(list.contains("{") == false)
  }

  @Test func differentUsersHaveDifferentKeys() {
    let users = ["a", "a}", "a%7D", "%7D", "}", "{", "%7B", "a{b", "a%7Bb"]
    #expect(Set(users.map { Key.mypage(of: $0) }).count == users.count)
    #expect(Set(users.map { Key.request($0) }).count == users.count)
  }

  @Test func shardsKeysCarryTheirTag() {
    let shard = Shard(3)
    for key in [
      Key.journal(of: shard), Key.commands(.trade, in: shard), Key.reservation(1, in: shard),
      Key.operation("a}{b", in: shard), Key.replies(to: "x", in: shard), Key.seller(of: 5, in: shard),
    ] {
      #expect(tag(key) == "3")
    }
  }
}
