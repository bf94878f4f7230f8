import Redis
import Testbed
import Testing

@Suite struct ReplyTests {
  @Test func `a reply has the kind that Redis sent, at any depth`() async throws {
    try await TestRedis.with { redis in
      let reply = try redis.connect().call(
        "EVAL",
        """
        return {7,'text',{},{{-1,{'deep'}},false},redis.status_reply('FINE'),redis.error_reply('ODD thing'),'',
          {{{{{{{'bottom'}}}}}}},'last'}
        """, "0")
      #expect(
        reply.map(\.kind) == [.integer, .string, .array, .array, .status, .error, .string, .array, .string])
      #expect(reply.count == 9)
      #expect(reply[0]?.integer == 7)
      #expect(reply[1]?.string == "text" && reply[1]?.integer == nil && reply[1]?.count == 0)
      #expect(reply[2]?.kind == .array && reply[2]?.count == 0 && reply[2]?[0] == nil)
      #expect(reply[3]?[0]?[0]?.integer == -1)
      #expect(reply[3]?[0]?[1]?[0]?.string == "deep")
      #expect(reply[3]?[1]?.isNull == true)
      #expect(reply[4]?.equals("FINE") == true && reply[4]?.equals("FINES") == false)
      #expect(
        reply[5]?.error?.code == .refused(kind: RedisError.Kind(rawValue: "ODD"))
          && reply[5]?.error?.message == "ODD thing")
      #expect(reply[6]?.string == "" && reply[6]?.equals("") == true)
      var deep = try #require(reply[7])
      while let inner = deep[0] { deep = inner }
      #expect(deep.string == "bottom")
      #expect(reply[8]?.string == "last")
      #expect(reply[9] == nil && reply[-1] == nil)
    }
  }

  @Test func `null replies are recognized, as text and as array`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      #expect(try connection.call("GET", "nothing").isNull)
      let array = try connection.call("BLPOP", "nothing", "0.001")
      #expect(array.isNull && array.count == 0 && array.string == nil && array.integer == nil)
    }
  }

  @Test func `numbers can be read from text replies`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      #expect(try connection.call("INCRBY", "n", "\(Int.max)").integer == .max)
      #expect(try connection.call("GET", "n").integer == .max)
      #expect(try connection.call("DECRBY", "m", "\(Int.max)").integer == -.max)
      #expect(try connection.call("ECHO", "7 apples").integer == nil)
    }
  }

  @Test func `the bytes of a reply are unchanged, text or not`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let binary = (0...255).map { UInt8($0) } + [13, 10, 0]
      let (korean, large) = ("거래 진행중 🙂", String(repeating: "가나다라", count: 87_382))
      var write = RESPWords("MSET", "korean", korean, "large", large, "binary")
      binary.withUnsafeBytes { write.add($0) }
      var commands = Commands()
      commands.add(write)
      commands.add("MGET", "binary", "korean", "large", "none")
      let replies = try connection.exchange(commands)
      let values = Array(replies[1])
      #expect(values[0].string == nil)
      #expect(values[0].withBytes { Array($0) } == binary)
      #expect(values[1].string == korean)
      #expect(large.utf8.count > 1 << 20)
      #expect(values[2].string == large)
      #expect(values[3].isNull && values[3].withBytes { _ in true } == nil)
    }
  }
}
