import Foundation
import Lanes
import Redis
import Testbed
import Testing

@Suite("Exactly once and in order")
struct LaneTroubleTests {
  @Test("under load, through", arguments: Trouble.allCases)
  func trouble(_ trouble: Trouble) async throws {
    try await CopyBench.with(lanes: 4, trouble.options) { bench in
      let runners = [bench.start("a"), bench.start("b")]
      for _ in 0..<trouble.strikes {
        try bench.fill(25)
        try bench.awaitNextCopy()
        try trouble.strike(bench)
      }
      let start = ContinuousClock.now
      try bench.awaitCopies()
      print("\(trouble): all done \(ContinuousClock.now - start) after the last of \(trouble.strikes)")
      for runner in runners { #expect(runner.stop() != nil) }
      try bench.check()
    }
  }

  @Test("after the groups were deleted while nobody ran")
  func groupsDeleted() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      for round in 0..<3 {
        try bench.fill(20)
        let lanes = bench.start()
        try bench.awaitCopies()
        lanes.stop()
        try bench.check()
        let connection = try bench.redis.connect()
        for stream in bench.lanes.flatMap(bench.streams).dropFirst(round) {
          #expect(try connection.call("XGROUP", "DESTROY", stream, "copy").integer == 1)
        }
      }
    }
  }

  @Test("after a group was deleted under a lane's very first batch", arguments: [0, 1])
  func firstBatch(place: Int) async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let stream = bench.streams(of: bench.lanes[0])[place]
      let isFirst = Watched(true)
      try bench.fill(8)
      let lanes = bench.start { (turn, commands, commit) throws(RedisError) in
        if isFirst.now {
          isFirst.change { $0 = false }
          try RedisConnection(bench.redis.url).call("XGROUP", "DESTROY", stream, "copy")
        }
        try StepHandler.copy(turn, &commands, &commit)
      }
      try bench.awaitCopies()
      lanes.stop()
      try bench.check()
    }
  }
}
