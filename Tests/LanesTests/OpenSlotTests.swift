import Logging
import Market
import Redis
import Testbed
import Testing

@testable import Lanes

@Suite struct OpenSlotTests {
  private static let lane = LaneName(worker: "copy", tag: "{0}")

  private static func commit(_ connection: RedisConnection) throws -> RESPWords {
    var commit = Commit(lane: lane)
    commit.add { $0.add("INCR", "{0}:known") }
    commit.add { $0.add("INCR", "{0}:new") }
    return commit.call(
      digest: try connection.digest(of: Commit.script), token: "a:1", leaseMilliseconds: 600_000, inputs: [])
  }

  /// Redis would run it up to the first missing key, and keep what was written until then.
  @Test func `a commit is refused before its first write while its slot is moving`() async throws {
    try await onThread {
      let cluster = try TestCluster(replicas: false)
      let slot = HashSlot(of: Self.lane.lease)
      let owner = try cluster.owner(of: slot)
      let other = try #require(cluster.nodes.first { $0.id != owner.id })
      let here = try owner.connect()
      try here.call("SET", Self.lane.lease, "a:1", "PX", "600000")
      try here.call("SET", "{0}:known", "0")
      try here.call("CLUSTER", "SETSLOT", "\(slot.number)", "MIGRATING", other.id)
      let error = #expect(throws: RedisError.self) { try here.call(Self.commit(here)) }
      #expect(error?.canRetry == true, "\(String(describing: error))")
      #expect(try here.call("GET", "{0}:known").integer == 0)
      try here.call("CLUSTER", "SETSLOT", "\(slot.number)", "STABLE")
      try here.call(Self.commit(here))
      #expect(try here.call("GET", "{0}:known").integer == 1)
      #expect(try here.call("GET", "{0}:new").integer == 1)
    }
  }

  /// Only what it is told when it tries to take the lane again says where that is by then.
  @Test func `a lane that had to wait for its moving slot is taken where the slot has gone`() async throws {
    try await onThread {
      let cluster = try TestCluster(replicas: false)
      let slot = HashSlot(of: Self.lane.lease)
      let spec = LaneSpec(name: Self.lane, streams: ["{0}:events"]) {
        StepHandler(Self.lane, step: StepHandler.copy) {}
      }
      let running = RunningLanes(
        LaneRunner(
          worker: Self.lane.worker, lanes: [spec], redis: .cluster(try Cluster(cluster.url)), options: .brisk,
          logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
      func awaitLanes(_ lanes: [LaneName]) throws {
        try insist("the runner has \(lanes)") {
          guard running.runner.state.lanes == lanes else { throw NeverHappened(description: "it has others") }
        }
      }
      try awaitLanes([Self.lane])
      try cluster.move(slot, to: cluster.master(0, besides: cluster.owner(of: slot))) { try awaitLanes([]) }
      try cluster.connect().call("XADD", "{0}:events", "*", "number", "1")
      try awaitLanes([Self.lane])
      try insist("the lane goes on") {
        guard try cluster.connect().call("XLEN", "{0}:output").integer == 1 else {
          throw NeverHappened(description: "there is no copy")
        }
      }
      #expect(running.stop() != nil)
    }
  }

  /// Each has a view of its own of where the lanes are, and only learns what its own lanes meet.
  @Test func `lanes whose slots move while others hold them are not left to nobody`() async throws {
    try await onThread {
      let cluster = try TestCluster(replicas: false)
      let lanes = (0..<9).map { LaneName(worker: "copy", tag: Shard($0).tag) }
      let specs = lanes.map { lane in
        LaneSpec(name: lane, streams: ["\(lane.tag):events"]) { StepHandler(lane, step: StepHandler.copy) {} }
      }
      let running = try (0..<3).map { _ in
        RunningLanes(
          LaneRunner(
            worker: "copy", lanes: specs, redis: .cluster(try Cluster(cluster.url)), options: .brisk,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
      }
      for round in 0..<9 {
        try insist("all lanes are held") {
          let held = running.flatMap(\.runner.state.lanes)
          guard held.count == lanes.count, Set(held) == Set(lanes) else {
            throw NeverHappened(description: "\(round) moves, and \(held) are held")
          }
        }
        let slot = lanes[round].slot
        try cluster.move(slot, to: cluster.master(round, besides: cluster.owner(of: slot)))
      }
      for running in running { #expect(running.stop() != nil) }
    }
  }
}
