import Keys
import Operations
import Redis
import Testing

/// Databases and items that the operator's commands do not find.
@Suite struct WrongDatabaseTests {
  private static let commands: [@Sendable (RedisDeployment) throws -> Void] = [
    { _ = try Auditor($0.connect()).run() },
    { _ = try DeadLetterOffice($0.connect()) },
    { _ = try JournalTail($0) },
    { _ = try SystemStatus($0) },
    { _ = try Timeline(of: .product, 1, $0.connect()) },
  ]

  @Test func `every command names the missing shard count`() throws {
    let bench = try Bench()
    try bench.connection.call("DEL", Key.shardCount)
    for command in Self.commands {
      #expect(throws: WrongDatabase.noShardCount) { try command(.single(bench.redis.url)) }
    }
    #expect("\(WrongDatabase.noShardCount)".hasPrefix("handover:shards does not exist"))
  }

  @Test func `a shard count of another type is not accepted`() throws {
    let bench = try Bench()
    try bench.connection.call("DEL", Key.shardCount)
    try bench.connection.call("SADD", Key.shardCount, "8")
    for command in Self.commands {
      #expect(throws: WrongDatabase.badShardCount) { try command(.single(bench.redis.url)) }
    }
  }

  @Test func `an unknown item is not found`() throws {
    let bench = try Bench()
    #expect(throws: NotFound("trade 17")) { try Timeline(of: .trade, 17, bench.connection) }
    #expect("\(NotFound("trade 17"))" == "There is no trade 17.")
    #expect(try DeadLetterOffice(bench.connection).letter("0/1-0") == nil)
  }
}
