import Redis
import Testbed
import Testing

@Suite struct PackedCommandsTests {
  /// Returns every command's words, joined to lists.
  private static let echo = Script(
    """
    local function list(next,...) return next,{...} end
    local all,next,count,words={},0
    repeat
      next,count=cmsgpack.unpack_limit(ARGV[1],1,next)
      next,words=list(cmsgpack.unpack_limit(ARGV[1],count,next))
      all[#all+1]=words
    until next<0
    return all
    """)

  private static func unpacked(
    _ first: PackedCommands, _ second: PackedCommands = PackedCommands(), by connection: RedisConnection
  ) throws -> [[[UInt8]]] {
    var words = RESPWords("EVALSHA", try connection.digest(of: echo), "0")
    words.add(first, second)
    var commands = Commands()
    commands.add(words)
    let reply = try #require(try connection.exchange(commands).first).get()
    return reply.map { $0.map { $0.withBytes { Array($0) } ?? [] } }
  }

  @Test(
    arguments: [0, 1, 31, 32, 255, 256, 65_535, 65_536, 1_000_000])
  func `words of any length reach a script unchanged`(length: Int) async throws {
    try await TestRedis.with { redis in
      let word = String(repeating: "x", count: length)
      var packed = PackedCommands()
      packed.add { $0.add(word, "거래") }
      let unpacked = try Self.unpacked(packed, by: redis.connect())
      #expect(unpacked == [[Array(word.utf8), Array("거래".utf8)]])
      #expect(packed.heads.map(\.key) == ["거래"] && packed.heads.map(\.name) == [word])
    }
  }

  @Test func `thousands of numbers and raw bytes reach a script unchanged`() async throws {
    try await TestRedis.with { redis in
      var first = PackedCommands()
      var second = PackedCommands()
      let numbers = Array(-3500..<3500)
      let raw: [UInt8] = [0xFF, 0, 13, 10, 0xC3]
      first.add { words in for number in numbers { words.add(number) } }
      second.add { words in raw.withUnsafeBytes { words.add($0) } }
      second.add { $0.add("DEL") }
      let unpacked = try Self.unpacked(first, second, by: redis.connect())
      #expect(unpacked == [numbers.map { Array("\($0)".utf8) }, [raw], [Array("DEL".utf8)]])
    }
  }
}
