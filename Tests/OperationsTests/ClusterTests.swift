import Keys
import Lanes
import Market
import Operations
import Redis
import Testbed
import Testing
import Workers

/// What operators look with finds on a cluster what it finds on one Redis. One after another, because each test has
/// several servers.
@Suite(.serialized) struct ClusterTests {
  @Test func `an audit finds the same as on one Redis, and repairs what was lost`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let (here, there) = (try bench.audit(), try bench.origin.audit())
      #expect(here.said == [] && here.isAtRest)
      #expect(here.totals == there.totals && here.totals.events > 50)
      #expect(here.memory.mapValues(\.keys) == there.memory.mapValues(\.keys))
      #expect(here.memory.values.allSatisfy { $0.bytes > 0 })

      let shard = bench.origin.shard(of: 2)
      try bench.connection.call("DEL", Key.directory(.reserve, id: 1))
      try bench.connection.call("DEL", Key.directory(.inventory, id: 2))
      try bench.connection.call("ZREM", Key.index(of: .reserve, in: shard), "1")
      try bench.connection.call("HDEL", Key.mypageRows(of: 13, in: shard), "13")
      let damaged = try bench.audit()
      #expect(damaged.codes == [.directory, .index, .mypage] && damaged.differenceCount == 4)
      try Auditor(bench.connection).apply(damaged.remedies)
      // Rows are restored by lanes.
      #expect(try bench.audit().codes == [.mypage])
    }
  }

  @Test func `an audit is refused while a slot is moving`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      // A slot of a user.
      let slot = HashSlot(of: Key.notices(of: "buyer1"))
      let owner = try bench.nodes.owner(of: slot)
      let other = try #require(bench.nodes.nodes.first { $0.id != owner.id })
      try owner.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "MIGRATING", other.id)
      let source = #expect(throws: (any Error).self) { try bench.audit() }
      #expect("\(String(describing: source))".contains("Slot \(slot.number) is moving between nodes"))
      try owner.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "STABLE")
      try other.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "IMPORTING", owner.id)
      #expect(throws: (any Error).self) { try bench.audit() }
      try other.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "STABLE")
      #expect(try bench.audit().said == [])
    }
  }

  @Test func `the timeline, the tail and dead letters are the same`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let (here, there) = (
        try Timeline(of: .reserve, 1, bench.connection),
        try Timeline(of: .reserve, 1, bench.origin.connection)
      )
      #expect(here.moments.map(\.text) == there.moments.map(\.text) && here.moments.count > 5)
      #expect(Set(here.moments.map(\.kind)) == [.command, .event, .notice])

      let tail = try JournalTail(bench.deployment)
      for shard in 0..<ClusterBench.shards {
        try bench.connection.call("XADD", "{\(shard)}:events", "*", "type", "\(shard)", "productid", "1")
      }
      var seen: [String] = []
      try insist("every journal is followed") {
        seen += try tail.next().map(\.type)
        guard seen.count == ClusterBench.shards else { throw NeverHappened(description: "\(seen)") }
      }
      #expect(Set(seen).count == ClusterBench.shards)

      for (shard, product) in [(bench.origin.shard(of: 1), "1"), (bench.origin.shard(of: 2), "2")] {
        try bench.connection.call(
          "XADD", LaneName(worker: "", tag: shard.tag).deadLetters, "*", "worker", "reservation", "stream",
          Key.commands(.reservation, in: shard), "entry", "1-1", "reason", "notANumber", "field:type",
          "Reserve",
          "field:id", "9\(product)", "field:commandid", "dead\(product)", "field:productid", product,
          "field:userid",
          "me", "field:productname", "책", "field:qty", "x", "field:reserveDt", "2024-04-04", "field:address",
          "서울",
          "field:price", "1")
      }
      let office = try DeadLetterOffice(bench.connection)
      let letters = try office.letters()
      #expect(letters.count == 2)
      #expect(try office.letter(letters[0].id)?.fields["qty"] == "x")
      let delivery = try office.replay(letters[0], setting: ["qty": "1"])
      #expect(delivery == .delivered(commandid: "dead1", id: 91, shard: bench.origin.shard(of: 1)))
      try office.drop(letters[1])
      #expect(try office.letters().isEmpty)
    }
  }

  // MARK: Status

  @Test func `the status has each master, with its shards and how far they are behind`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      for worker in WorkerKind.allCases {
        for lane in worker.lanes(shards: ClusterBench.shards) {
          try bench.connection.call("SET", lane.name.lease, "replica:1")
        }
      }
      let status = try SystemStatus(bench.deployment)
      #expect(status.isWell && status.shards == ClusterBench.shards)
      #expect(status.nodes.count == TestCluster.masterCount)
      #expect(status.nodes.flatMap(\.shards).sorted() == Array(0..<ClusterBench.shards))
      #expect(status.nodes.flatMap(\.inlets).count == 3)
      #expect(
        status.nodes.allSatisfy { $0.memory > 0 }
          && status.memory == status.nodes.reduce(0) { $0 + $1.memory })
      // Each by its own samples: the first fills up, the others do not.
      let nodes = status.nodes.map(\.node)
      let now = (try bench.nodes.nodes[0].connect().call("TIME")[0]?.integer ?? 0) / 3600
      for age in 0..<100 {
        let masters = nodes.enumerated().map { "\($1) \($0 == 0 ? (200 - age) << 30 : 1 << 20) 1" }
        try bench.connection.call(
          "HSET", Key.memory, "\((now - age) % MemoryHistory.hours)",
          "\(now - age) \(masters.joined(separator: " "))")
      }
      let capacity = try SystemStatus(bench.deployment).capacity
      #expect(capacity.masters.map(\.memory.master) == nodes && capacity.used > 0)
      #expect(capacity.masters.dropFirst().allSatisfy { $0.outlook == .steady })
      guard case .full(let days) = capacity.outlook else { throw NeverHappened(description: "it fills up") }
      #expect(days < 100 && capacity.masters[0].outlook == .full(days: days))
      let lone = try SystemStatus(.single(bench.origin.redis.url))
      #expect(lone.nodes.isEmpty && lone.lanes.map(\.lane) == status.lanes.map(\.lane))

      try bench.connection.call("XADD", "{5}:events", "*", "type", "x")
      let behind = try SystemStatus(bench.deployment)
      #expect(behind.nodes.first { $0.shards.contains(5) }?.lag == WorkerKind.allCases.count)
      #expect(behind.nodes.reduce(0) { $0 + $1.lag } == WorkerKind.allCases.count)
      #expect(!behind.isWell)
    }
  }

  @Test func `while a master is away, the status says so and shows the others`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let keeper = try bench.nodes.owner(of: HashSlot(of: Key.shardCount))
      let other = try #require(bench.nodes.nodes.first { $0.id != keeper.id })
      try bench.nodes.kill(other)
      let status = try SystemStatus(bench.deployment)
      let away = status.nodes.filter { $0.away != nil }
      #expect(away.map(\.node) == ["127.0.0.1:\(other.port)"])
      #expect(away.first?.away?.isEmpty == false && away.first?.shards.isEmpty == false)
      let known = status.nodes.filter { $0.away == nil }.flatMap(\.shards)
      #expect(known.count + (away.first?.shards.count ?? 0) == ClusterBench.shards)
      #expect(status.lanes.filter { $0.lane.hasPrefix("mypage") }.count == known.count)
      #expect(!status.isWell && status.memory > 0)
      let others = status.nodes.filter { $0.away == nil }.map(\.node)
      #expect(status.capacity.masters.map(\.memory.master) == others)
      #expect(try bench.connection.memory().map(\.master) == others)

      // The node that knows how many shards there are.
      try bench.nodes.restart(other)
      try bench.nodes.waitForAgreement()
      try bench.nodes.kill(keeper)
      let blind = try SystemStatus(bench.deployment)
      #expect(blind.shards == nil && blind.troubles.first?.contains("--shards") == true)
      #expect(blind.nodes.filter { $0.away != nil }.map(\.node) == ["127.0.0.1:\(keeper.port)"])
      let told = try SystemStatus(bench.deployment, shards: ClusterBench.shards)
      #expect(told.shards == ClusterBench.shards && told.nodes.flatMap(\.shards).count == ClusterBench.shards)
    }
  }
}
