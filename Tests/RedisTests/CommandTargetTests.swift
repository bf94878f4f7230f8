import Testbed
import Testing

@testable import Redis

@Suite struct CommandTargetTests {
  /// An example of every command in the table, and of its forms.
  private static let examples = [
    "APPEND k v", "CONFIG GET maxmemory", "DEL k", "DEL k {k}b", "ECHO word", "EVAL return 0",
    "EVAL return 1 k", "EVAL return 2 k {k}b x", "EVALSHA 0123 1 k x", "EVALSHA 0123 0",
    "EVALSHA 0123 2 k {k}b",
    "EXEC", "EXISTS k", "EXISTS k {k}b", "EXPIRE k 7", "GET k", "HDEL k f g", "HEXISTS k f", "HGET k f",
    "HGETALL k",
    "HKEYS k",
    "HLEN k", "HMGET k f g", "HSCAN k 0 COUNT 10", "HSET k f v", "HSETNX k f v", "INCR k", "INCRBY k 7",
    "INFO memory",
    "LLEN k",
    "LPUSH k v", "LRANGE k 0 -1", "LREM k 0 v", "LTRIM k 0 1", "MEMORY USAGE k", "MGET k", "MGET k {k}b {k}c",
    "MULTI",
    "OBJECT ENCODING k", "PEXPIRE k 7", "PEXPIREAT k 7", "PING", "PTTL k", "RPUSH k v w", "SADD k m n",
    "SCAN 0 COUNT 10", "SCRIPT LOAD source",
    "SET k v NX GET",
    "SHUTDOWN NOSAVE", "TIME", "TYPE k", "UNLINK k {k}b", "XADD k * f v", "XADD k MAXLEN ~ 5 * f v",
    "XDEL k 1-0",
    "XGROUP CREATE k g 0 MKSTREAM", "XGROUP SETID k g 1-0 ENTRIESREAD 5", "XGROUP DESTROY k g",
    "XINFO GROUPS k",
    "XINFO STREAM k", "XLEN k", "XRANGE k - + COUNT 5", "XREAD COUNT 5 STREAMS k 0",
    "XREAD COUNT 5 BLOCK 7 STREAMS k {k}b 0 0", "XREAD STREAMS STREAMS $", "XREVRANGE k + - COUNT 1",
    "XSETID k 1-0 ENTRIESADDED 5 MAXDELETEDID 0-0",
    "XTRIM k MINID 5", "ZADD k 1 m", "ZCARD k", "ZCOUNT k 0 1", "ZRANGE k 0 1 REV", "ZREM k m",
    "ZSCAN k 0 COUNT 10", "ZSCORE k m",
  ].map { $0.split(separator: " ").map(String.init) }

  private static func target(of words: [String]) throws -> CommandTarget {
    let commands = commands(words, ["PING"])
    return try commands.bytes.withUnsafeBytes { bytes in
      var reader = CommandReader(bytes)
      let target = try CommandTarget(&reader)
      // Exactly one command was read.
      #expect(try CommandTarget(&reader).place == .anyNode && reader.isAtEnd, "\(words)")
      return target
    }
  }

  private static func commands(_ all: [String]...) -> Commands {
    var commands = Commands()
    for one in all {
      var words = RESPWords()
      for word in one { words.add(word) }
      commands.add(words)
    }
    return commands
  }

  @Test func `every command in the table has an example`() {
    #expect(Set(Self.examples.map { $0[0] }) == Set(CommandTarget.names))
  }

  @Test func `the server finds the same keys in a command`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      for example in Self.examples {
        let target = try Self.target(of: example)
        let reply = try connection.exchange(Self.commands(["COMMAND", "GETKEYS"] + example))[0]
        let keys = reply.compactMap(\.string)
        switch target.place {
        case .slot(let slot):
          #expect(keys.first.map(HashSlot.init(of:)) == slot, "\(example): \(keys)")
          #expect((target.onlyKey != nil) == (keys.count == 1 && !example[0].hasPrefix("EVAL")), "\(example)")
        case .anyNode, .everyNode, .begin, .end:
          #expect(keys.isEmpty && target.onlyKey == nil, "\(example): \(keys)")
        }
      }
    }
  }

  @Test func `only EVALSHA has a digest`() throws {
    let commands = Self.commands(["EVALSHA", "0123", "1", "k"])
    try commands.bytes.withUnsafeBytes { bytes in
      var reader = CommandReader(bytes)
      let digest = try #require(try CommandTarget(&reader).digest)
      #expect(reader.text(of: digest) == "0123")
    }
    #expect(try Self.target(of: ["EVAL", "return", "1", "k"]).digest == nil)
  }

  @Test func `an unknown command is refused with its name`() {
    for name in ["FLUSHALL", "get", "SUBSCRIBE", "XREADGROUP"] {
      let error = #expect(throws: RedisError.self) { try Self.target(of: [name, "k"]) }
      #expect(error?.message.contains(name) == true)
      #expect(error?.canRetry == false)
    }
  }

  @Test(arguments: [
    ["GET"], ["XINFO", "STREAM"], ["EVALSHA", "0123"], ["EVAL", "x", "1"], ["XREAD", "COUNT", "5"],
  ])
  func `a command without its key is refused`(words: [String]) {
    #expect(throws: RedisError.self) { try Self.target(of: words) }
  }
}
