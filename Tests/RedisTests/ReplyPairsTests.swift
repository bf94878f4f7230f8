import Redis
import Testbed
import Testing

/// Alternating names and values in a reply.
@Suite struct ReplyPairsTests {
  /// Returns what a script in Redis returns.
  private func reply(_ script: String) throws -> Reply {
    let redis = try TestRedis()
    return try withExtendedLifetime(redis) { try redis.connect().call("EVAL", "return \(script)", "0") }
  }

  @Test func `pairs that are not text are skipped`() throws {
    let reply = try reply("{'a','1','\\255','2','b',3,'c',{'x'},'d','\\255','e','5','f'}")
    #expect(reply.pairs == ["a": "1", "b": "3", "e": "5"])
    #expect(Reply.null.pairs.isEmpty)
  }

  @Test func `the first of equal names counts`() throws {
    let reply = try reply("{'a','1','a','2'}")
    #expect(reply.pairs == ["a": "1"])
    #expect(reply.value("a")?.string == "1")
  }

  @Test func `a value is found by its name`() throws {
    let reply = try reply("{'a','b','b',{'x'},'c','\\255'}")
    #expect(reply.value("b")?[0]?.string == "x")
    #expect(reply.value("c")?.withBytes { Array($0) } == [0xFF])
    #expect(reply.value("x") == nil && Reply.null.value("a") == nil)
  }
}
