import Foundation
import Lanes
import Redis
import Testbed
import Testing

@Suite struct LaneTroubleTests {
  @Test(arguments: Trouble.allCases)
  func `entries are copied exactly once and in order through any trouble`(_ trouble: Trouble) async throws {
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

  @Test func `entries are copied once after groups were deleted while nobody ran`() async throws {
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

  @Test(arguments: [0, 1])
  func `entries are copied once if a group is deleted during the first batch`(place: Int) async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let stream = bench.streams(of: bench.lanes[0])[place]
      let isFirst = Watched(true)
      try bench.fill(8)
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        if isFirst.now {
          isFirst.change { $0 = false }
          try RedisConnection(bench.redis.url).call("XGROUP", "DESTROY", stream, "copy")
        }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.awaitCopies()
      lanes.stop()
      try bench.check()
    }
  }
}
