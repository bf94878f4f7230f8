import Foundation
import Lanes
import Redis
import Testbed
import Testing

@Suite(.serialized) struct LaneSharingTests {
  private static func sizes(_ holders: [String: Set<LaneName>]) -> [Int] {
    holders.values.map(\.count).sorted()
  }

  @Test func `lanes are shared fairly when replicas join and leave`() async throws {
    try await CopyBench.with(lanes: 11) { bench in
      var options = LaneOptions()
      // No replica waits for a lease to expire: lanes are handed over.
      options.lease = Patience.limit * 2
      let runners = ["a", "b", "c"].map { bench.start($0, options) }
      let all = Set(bench.lanes)
      let shared = bench.holders.wait {
        Self.sizes($0) == [3, 4, 4] && $0.values.reduce([]) { $0.union($1) } == all
      }
      #expect(shared != nil)
      try bench.fill(20)
      let fourth = bench.start("d", options)
      let joined = bench.holders.wait {
        Self.sizes($0) == [2, 3, 3, 3] && $0.values.reduce([]) { $0.union($1) } == all
      }
      #expect(joined != nil, "\(bench.holders.now)")
      try bench.fill(20)
      let start = ContinuousClock.now
      #expect(fourth.stop() != nil)
      let left = bench.holders.wait { Self.sizes($0) == [3, 4, 4] }
      #expect(left != nil, "\(bench.holders.now)")
      let sum = ContinuousClock.now - start
      print("sharing: three \(shared ?? .zero), a fourth \(joined ?? .zero), a leaver's lanes \(sum)")
      try bench.awaitCopies()
      for runner in runners { #expect(runner.stop() != nil) }
      try bench.check()
    }
  }

  @Test func `another runner takes a vanished one's lanes, and late commits are fenced`() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let gate = DispatchSemaphore(value: 0)
      let sleeps = Watched(false)
      let options = LaneOptions.brisk
      let sleeper = bench.start("sleeper", options) { (turn, commit) throws(RedisError) in
        if turn.round == 1, !sleeps.now {
          sleeps.change { $0 = true }
          #expect(gate.wait(timeout: Patience.deadline) == .success)
        }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.fill(40)
      #expect(sleeps.wait { $0 } != nil)
      let other = bench.start("other", options)
      let taken = bench.holders.wait { $0["other"]?.count == 2 }
      #expect(taken != nil, "\(bench.holders.now)")
      print("sharing: a vanished runner's lanes \(taken ?? .zero), lease \(options.lease)")
      try bench.awaitCopies()
      let connection = try bench.redis.connect()
      let before = try bench.lanes.map { try connection.call("XLEN", bench.output(of: $0)).integer }
      gate.signal()
      // Each takes its share again, once the sleeper knows that it has lost its lanes.
      #expect(bench.holders.wait { $0.values.map(\.count) == [1, 1] } != nil)
      #expect(sleeper.runner.state.fenced >= 1)
      #expect(try bench.lanes.map { try connection.call("XLEN", bench.output(of: $0)).integer } == before)
      try bench.fill(10)
      try bench.awaitCopies()
      for runner in [sleeper, other] { #expect(runner.stop() != nil) }
      try bench.check()
    }
  }

  @Test func `a runner takes its lanes back if it forgot its own tokens`() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let runner = bench.runner()
      let connection = try bench.redis.connect()
      for (number, lane) in bench.lanes.enumerated() {
        try connection.call("SET", lane.lease, "\(runner.replica):\(number + 7)", "PX", "60000")
      }
      let lanes = RunningLanes(runner)
      #expect(bench.holders.wait { $0["a"]?.count == 2 } != nil)
      lanes.stop()
    }
  }
}
