import Lanes
import Layout
import Logging
import Market
import Redis
import Testbed
import Testing

@testable import Workers

/// A product's listings follow one another quickly: each is stored as it ended, whatever a batch holds.
@Suite struct ReplacedListingTests {
  @Test func everyListingOfABatchIsStored() async throws {
    try await TestRedis.with { redis in
      var bench = try TradeBench(redis)
      try bench.decide(.list(1), .withdraw(1), .list(2), .withdraw(2), .list(3))
      #expect(try bench.statuses(1...3) == ["판매종료", "판매종료", "판매중"])
      // Begun in one batch, ended in the next one, in which another begins.
      try bench.decide(.withdraw(3), .list(4))
      #expect(try bench.statuses(1...4) == ["판매종료", "판매종료", "판매종료", "판매중"])
      #expect(try bench.listed() == ["1", "2", "3", "4"])
      // Deleted ones are stored, but not listed.
      try bench.decide(.delete(4), .list(5), .delete(5), .list(6))
      #expect(try bench.statuses(4...6) == ["판매종료", "판매종료", "판매중"])
      #expect(try bench.listed() == ["1", "2", "3", "6"])
      // And one that is deleted takes none with it that it replaced.
      try bench.decide(.withdraw(6), .list(7), .delete(7))
      try bench.decide(.list(8), .delete(8))
      #expect(try bench.listed() == ["1", "2", "3", "6"])
      #expect(try bench.connection.call("HGET", Key.trade(2, in: bench.shard), "userid").string == "판매자2")
    }
  }
}

/// The trade worker's lane of a shard, and what it has stored.
private struct TradeBench {
  enum Step {
    case list(Int)
    case withdraw(Int)
    case delete(Int)
  }

  let redis: TestRedis
  let connection: RedisConnection
  let shard = Shard(0)
  private let spec: LaneSpec
  private var journal = "0"

  init(_ redis: TestRedis) throws {
    self.redis = redis
    connection = try RedisConnection(redis.url, commandTimeout: .seconds(65))
    spec = try #require(Role.trade.lanes(shards: 1).first { $0.name.tag == Shard(0).tag })
  }

  /// Lets an owner of the lane decide the commands in one batch: they are there before it is.
  mutating func decide(_ steps: Step...) throws {
    var commands = Commands()
    for step in steps {
      var words = Words("XADD", Key.commands(.trade, in: shard), "*", "productid", "100")
      switch step {
      case .list(let id):
        for word in [
          "type", "ListTrade", "id", "\(id)", "userid", "판매자\(id)", "productname", "애플워치", "qty", "1",
          "price", "1",
        ] { words.add(word) }
      case .withdraw(let id):
        for word in ["type", "WithdrawTrade", "id", "\(id)"] { words.add(word) }
      case .delete(let id):
        for word in ["type", "WithdrawTrade", "id", "\(id)", "delete", "1"] { words.add(word) }
      }
      commands.add(words)
    }
    for reply in try connection.exchange(commands) { try reply.get() }
    let runner = LaneRunner(
      worker: "trade", lanes: [spec], url: redis.url,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let thread = Background { runner.run() }
    defer {
      runner.stop()
      #expect(thread.wait(within: .seconds(60)) != nil)
    }
    // Here every command makes one event, and the events of a batch come together.
    let said = try connection.call("XREAD", "BLOCK", "60000", "STREAMS", Key.journal(of: shard), journal)
    let events = try #require(said[0]?[1], "nothing was said")
    #expect(events.count == steps.count)
    for entry in events { journal = entry[0]?.string ?? journal }
  }

  func statuses(_ ids: ClosedRange<Int>) throws -> [String] {
    try ids.map { try connection.call("HGET", Key.trade($0, in: shard), "status").string ?? "-" }
  }

  func listed() throws -> [String] {
    try connection.call("ZRANGE", Key.index(of: .trade, in: shard), "0", "-1").compactMap(\.string)
  }
}
