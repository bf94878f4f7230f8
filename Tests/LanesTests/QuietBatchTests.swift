import Lanes
import Market
import Redis
import Testbed
import Testing

@Suite struct QuietBatchTests {
  private static func ignore(_ handled: Watched<Int>) -> StepHandler.Step {
    { (turn, _) throws(RedisError) in
      handled.change { $0 += turn.batch.count }
      return .commit
    }
  }

  private static func read(_ bench: CopyBench, _ connection: RedisConnection) throws -> [Int?] {
    try bench.lanes.flatMap(bench.streams).map { try Group("copy", of: $0, connection).read }
  }

  @Test func `batches without writes need no commit until the lane is given back`() async throws {
    let handled = Watched(0)
    try await CopyBench.with(lanes: 2) { bench in
      var options = LaneOptions()
      options.heartbeat = .seconds(3)
      let lanes = bench.start("a", options, step: Self.ignore(handled))
      let connection = try bench.redis.connect()
      for _ in 0..<50 {
        let before = handled.now
        try bench.fill(1)
        try #require(handled.wait { $0 == before + 4 } != nil)
      }
      #expect(lanes.runner.state.commits == 0)
      lanes.stop()
      #expect(try Self.read(bench, connection) == [50, 50, 50, 50])
    }
  }

  @Test func `entries that arrive while a runner rests are handled in larger batches`() async throws {
    let batches = Watched<[Int]>([])
    try await CopyBench.with(lanes: 1) { bench in
      var options = LaneOptions.brisk
      options.batch = 256
      options.gatherDelay = .seconds(2)
      // Whoever takes the lane reads again what the stored cursor does not cover yet.
      options.lease = Patience.limit
      options.replicaLifetime = Patience.limit
      let lanes = bench.start("a", options) { (turn, _) throws(RedisError) in
        batches.change { $0.append(turn.batch.count) }
        return .commit
      }
      // The first entry does not wait; those that arrive meanwhile do.
      try bench.fill(1)
      try #require(batches.wait { !$0.isEmpty } != nil)
      for _ in 0..<20 { try bench.fill(1) }
      try #require(batches.wait { $0.reduce(0, +) == 42 } != nil)
      lanes.stop()
    }
    #expect(batches.now.count <= 4, "\(batches.now)")
  }

  @Test func `the next heartbeat stores the cursors of batches without writes`() async throws {
    let handled = Watched(0)
    try await CopyBench.with(lanes: 2) { bench in
      let lanes = bench.start(step: Self.ignore(handled))
      let connection = try bench.redis.connect()
      try bench.fill(10)
      try #require(handled.wait { $0 == 40 } != nil)
      let deadline = ContinuousClock.now + Patience.limit
      while try Self.read(bench, connection) != [10, 10, 10, 10] {
        try #require(ContinuousClock.now < deadline, "the cursors stay behind")
        // Redis blocks for a tenth of a second.
        try connection.call("BLPOP", "nothing", "0.1")
      }
      lanes.stop()
    }
  }
}
