import Lanes
import Layout
import Logging
import Redis
import Testbed
import Testing

@testable import Workers

/// What no worker that keeps the laws can have said.
@Suite struct BrokenLawTests {
  /// Units that stock never held cannot be given out: somebody has to look at it, and nothing else is held up.
  @Test func isPutAsideWithItsReason() async throws {
    try await TestRedis.with { redis in
      let connection = try RedisConnection(redis.url, commandTimeout: .seconds(65))
      let shard = Shard(0)
      let journal = Key.journal(of: shard)
      let spec = try #require(Role.stock.lanes(shards: 1).first { $0.name.tag == shard.tag })
      let completed = try connection.call(
        "XADD", journal, "*", "type", "TradeCompleted", "reserveid", "7", "productid", "100", "userid", "구매자",
        "productname", "애플워치", "qty", "1", "status", "거래완료")
      let position = try #require(completed.string)
      try connection.call(
        "XADD", Key.commands(.stock, in: shard), "*", "type", "RegisterStock", "id", "1", "productid", "100",
        "productname", "애플워치", "qty", "1")
      let runner = LaneRunner(
        worker: "stock", lanes: [spec], url: redis.url,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let thread = Background { runner.run() }
      defer {
        runner.stop()
        #expect(thread.wait(within: .seconds(60)) != nil)
      }
      let said = try connection.call("XREAD", "BLOCK", "60000", "STREAMS", journal, position)
      #expect(said[0]?[1]?[0]?[1]?.compactMap(\.string).contains("StockRegistered") == true)
      let letters = try connection.call("XRANGE", spec.name.deadLetters, "-", "+")
      let letter = try #require(letters[0]?[1]).compactMap(\.string)
      for word in [position, journal, "brokenLaw", "field:reserveid"] { #expect(letter.contains(word)) }
      #expect(letter.contains { $0.contains("takes 1 units of product 100, of which 0 are held") })
    }
  }
}
