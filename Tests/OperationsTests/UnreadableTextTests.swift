import Keys
import Market
import Operations
import Testing

/// What is stored, but is not UTF-8.
@Suite struct UnreadableTextTests {
  @Test func `a stored state that is not UTF-8 is a finding`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7)])
    bench.stop()
    try bench.connection.call(
      "EVAL", "return redis.call('HSET',KEYS[1],'address','\\255')", "1",
      Key.reservation(1, in: bench.shard(of: 7)))
    #expect(
      try bench.audit().said.contains(
        "unreadable {0}:reserve:1: It holds what no worker wrote: "
          + "The value of a field (address) is not UTF-8 text."
      ))
  }

  @Test func `an event that is not UTF-8 is a finding`() throws {
    let bench = try Bench(shards: 1)
    try bench.connection.call(
      "EVAL", "return redis.call('XADD',KEYS[1],'*','type','TradeWaiting','userid','\\255')", "1",
      "{0}:events")
    let said = try bench.audit(patience: .zero).said
    #expect(
      said.contains { $0.hasPrefix("unreadable {0}:events") && $0.hasSuffix("(userid) is not UTF-8 text.") })
  }

  @Test func `a dead letter that is not UTF-8 is shown with replacement characters`() throws {
    let bench = try Bench(shards: 1)
    try bench.connection.call(
      "EVAL", "return redis.call('XADD',KEYS[1],'*','type','Reserve','address','\\255')", "1",
      Key.inlet(.reservation))
    try bench.settle([])
    let letter = try #require(try DeadLetterOffice(bench.connection).letters().first)
    #expect(letter.reason == "notText" && letter.wrong == "address")
    #expect(letter.fields == ["type": "Reserve", "address": "\u{FFFD}"])
  }
}
