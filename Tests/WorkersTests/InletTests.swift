import Doors
import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing

@testable import Workers

@Suite struct InletTests {
  /// A batch that takes longer than the check interval must not lose replies meant for the door.
  @Test func `an inlet checks the backlog before a batch, never during one`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let inlet = Key.inlet(.stock)
      let spec = LaneSpec(
        name: LaneName(worker: "stock", tag: "{\(inlet)}"), streams: [inlet],
        makeHandler: {
          InletHandler(
            worker: .stock, shards: 1, backlog: ShardBacklog(shards: 1, limit: 100),
            blocks: IDBlocks(size: 1), lookInterval: .zero)
        })
      for id in 1...3 {
        try connection.call(
          "XADD", inlet, "*", "type", "RegisterStock", "id", "\(id)", "productid", "\(id)", "productname",
          "책", "qty",
          "1")
      }
      let runner = LaneRunner(
        worker: "stock", lanes: [spec], redis: .single(redis.url),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let thread = Background { runner.run() }
      let deadline = ContinuousClock.now + Patience.limit
      while try connection.call("HGET", spec.name.cursor, inlet).string?.hasSuffix(" 3") != true {
        try #require(ContinuousClock.now < deadline, "the inlet is not read")
        try connection.call("BLPOP", "nothing", "0.05")
      }
      runner.stop()
      #expect(thread.wait() != nil)
      #expect(try connection.call("XLEN", Key.commands(.stock, in: Shard(0))).integer == 3)
      #expect(try connection.call("XLEN", spec.name.deadLetters).integer == 0)
    }
  }
}
