import Testbed
import Testing

@testable import Redis

@Suite struct HashSlotTests {
  @Test func `the checksum is CRC16 as the cluster specification defines it`() {
    #expect(HashSlot.checksum("123456789".utf8) == 0x31C3)
    #expect(HashSlot.checksum("".utf8) == 0)
  }

  @Test(
    arguments: [
      ("{user1000}.following", "user1000"), ("{user1000}.followers", "user1000"),
      ("foo{}{bar}", "foo{}{bar}"),
      ("foo{{bar}}zap", "{bar"), ("foo{bar}{zap}", "bar"), ("{", "{"), ("}{", "}{"), ("a{b", "a{b"),
      ("}a{b}", "b"), ("{}", "{}"), ("notices:{김치}", "김치"), ("", ""), ("id:{reserve:7}", "reserve:7"),
    ])
  func `a key with a tag has the slot of its tag`(key: String, hashed: String) {
    #expect(HashSlot(of: key).number == Int(HashSlot.checksum(hashed.utf8)) % 16_384)
  }

  @Test func `only 0 to 16383 are slots`() {
    #expect(HashSlot(number: 0)?.number == 0 && HashSlot(number: 16_383)?.number == 16_383)
    #expect(HashSlot(number: -1) == nil && HashSlot(number: 16_384) == nil)
    #expect(HashSlot(of: "reservation.commands").number == 926)
    #expect(HashSlot(of: "trade.commands").number == 1964)
    #expect(HashSlot(of: "stock.commands").number == 14_366)
  }

  @Test func `a server hashes keys the same way`() async throws {
    var random = SplitMix64(seed: .random(in: 0...UInt64.max))
    let seed = random.state
    let letters = Array("{}ab:7가힣🍎".unicodeScalars.map { String($0) })
    let keys =
      ["", "{", "예약:{사용자}", "notices:{김%7B}"]
      + (0..<2000).map { _ in
        (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }
          .joined()
      }
    try await TestRedis.with(TestRedis.clusterOptions()) { redis in
      var commands = Commands()
      for key in keys { commands.add("CLUSTER", "KEYSLOT", key) }
      let replies = try redis.connect().exchange(commands)
      for (key, reply) in zip(keys, replies) {
        #expect(reply.integer == HashSlot(of: key).number, "\(key), seed \(seed)")
      }
    }
  }
}
