import Foundation
import Keys
import Market
import Operations
import Redis
import Testbed
import Testing

/// One after another, because each test has several servers.
@Suite(.serialized) struct ClusterBalanceTests {
  private struct Interrupted: Error {}

  /// A fourth master, without slots.
  private static func join(_ nodes: TestCluster) throws -> TestRedis {
    let options = try TestRedis.clusterOptions()
    let fourth = try TestRedis(options)
    try nodes.nodes[0].connect().call("CLUSTER", "MEET", "127.0.0.1", options[3], options[5])
    let id = try fourth.connect().call("CLUSTER", "MYID").string ?? ""
    try insist("all nodes know the fourth") {
      for connection in try nodes.nodes.map({ try $0.connect() }) + [fourth.connect()] {
        let known = try connection.call("CLUSTER", "NODES").string?.split(separator: "\n") ?? []
        guard known.count == 4, known.allSatisfy({ !$0.contains("handshake") && !$0.contains("fail") }),
          known.contains(where: { $0.hasPrefix(id) }),
          try connection.call("CLUSTER", "INFO").string?.contains("cluster_state:ok") == true
        else { throw NeverHappened(description: "\(known)") }
      }
    }
    return fourth
  }

  private static func expectEven(_ bench: ClusterBench) throws {
    bench.cluster.refresh()
    let status = try SystemStatus(bench.deployment)
    let counts = status.nodes.map { $0.shards.count + $0.inlets.count }
    #expect(counts.count == 4 && counts.reduce(0, +) == ClusterBench.shards + 3)
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "\(counts)")
    let after = try bench.balance()
    #expect(after.open.isEmpty && after.moves.isEmpty)
    #expect(try bench.audit().said == [])
  }

  /// Appends to a stream of every shard, one number after another, while `work` runs. Returns how many each has.
  private static func appending(_ bench: ClusterBench, during work: () throws -> Void) throws -> Int {
    let (cluster, isOver, failures) = (bench.cluster, Watched(false), Watched<[String]>([]))
    let rounds = Watched(0)
    let writer = Background {
      let connection = ClusterConnection(cluster, timeout: .seconds(30))
      while !isOver.now {
        var commands = Commands()
        for shard in 0..<ClusterBench.shards {
          commands.add("XADD", "{\(shard)}:test", "*", "n", "\(rounds.now)")
        }
        do throws(RedisError) {
          for reply in try connection.exchange(commands) { try reply.get() }
        } catch {
          failures.change { $0.append("\(error)") }
        }
        rounds.change { $0 += 1 }
      }
    }
    let result = Result { try work() }
    isOver.change { $0 = true }
    #expect(writer.wait() != nil)
    try result.get()
    #expect(failures.now == [])
    return rounds.now
  }

  @Test func `slots move to a master without any, while others write, and no key is lost`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let fourth = try Self.join(bench.nodes)
      let keys = try bench.keys()
      let balance = try bench.balance()
      #expect(balance.masters.count == 4 && balance.open.isEmpty)
      #expect(balance.masters.last.map(balance.count) == 0 && (2...3).contains(balance.moves.count))
      let planned = balance.masters.map(balance.countAfterwards)
      #expect(planned.sorted() == [2, 3, 3, 3], "\(balance.masters.map(balance.count)), \(balance.moves)")
      var done: [HotSlot] = []
      let rounds = try Self.appending(bench) {
        try balance.apply { if $0.isDone { done.append($0.move.slot) } }
      }
      #expect(done.count >= 2 && rounds > 0)
      #expect(balance.masters.map(balance.count) == planned)
      for shard in 0..<ClusterBench.shards {
        let numbers = try bench.connection.call("XRANGE", "{\(shard)}:test", "-", "+").compactMap {
          $0[1]?[1]?.integer
        }
        #expect(numbers == Array(0..<rounds), "shard \(shard)")
        try bench.connection.call("DEL", "{\(shard)}:test")
      }
      #expect(try bench.keys() == keys)
      try Self.expectEven(bench)
      withExtendedLifetime(fourth) {}
    }
  }

  /// After a fail-over in the middle, no node knows any more that the slot was moving.
  @Test(arguments: [true, false])
  func `an interrupted move is finished by the next run`(areMarksKept: Bool) async throws {
    try await onThread {
      let bench = try ClusterBench()
      let fourth = try Self.join(bench.nodes)
      let keys = try bench.keys()
      let first = try bench.balance()
      let move = try #require(first.moves.first { $0.slot.description.hasPrefix("{") })
      // Enough for more than one group.
      var fill = Commands()
      for number in 0..<250 { fill.add("SET", "\(move.slot):request:\(number)", "\(number)") }
      for reply in try bench.connection.exchange(fill) { try reply.get() }
      #expect(throws: Interrupted.self) {
        try first.apply { progress in
          if progress.move == move, progress.keys > 0, !progress.isDone { throw Interrupted() }
        }
      }
      if !areMarksKept {
        for node in bench.nodes.nodes {
          try node.connect().call("CLUSTER", "SETSLOT", "\(move.slot.slot.number)", "STABLE")
        }
        try fourth.connect().call("CLUSTER", "SETSLOT", "\(move.slot.slot.number)", "STABLE")
      }
      let second = try bench.balance()
      #expect(second.open.map(\.slot) == [move.slot] && second.open.first?.target == move.target)
      #expect(!second.moves.contains { $0.slot == move.slot })
      try second.apply()
      var read = Commands()
      for number in 0..<250 { read.add("GET", "\(move.slot):request:\(number)") }
      #expect(try bench.connection.exchange(read).map(\.integer) == Array(0..<250))
      for number in 0..<250 { try bench.connection.call("DEL", "\(move.slot):request:\(number)") }
      #expect(try bench.keys() == keys)
      try Self.expectEven(bench)
    }
  }

  @Test func `a move is finished after both of its nodes have failed over`() async throws {
    try await onThread {
      let bench = try ClusterBench(replicas: true)
      let slot = HashSlot(of: "{0}")
      let places = bench.nodes.nodes.indices.prefix(TestCluster.masterCount)
      let owner = try bench.nodes.owner(of: slot)
      let (from, to) = (
        try #require(places.first { bench.nodes.nodes[$0].id == owner.id }),
        try #require(places.first { bench.nodes.nodes[$0].id != owner.id })
      )
      let (source, target) = (bench.nodes.nodes[from], bench.nodes.nodes[to])
      let keys = try bench.keys()
      let (here, there) = (try source.connect(), try target.connect())
      try there.call("CLUSTER", "SETSLOT", "\(slot.number)", "IMPORTING", source.id)
      try here.call("CLUSTER", "SETSLOT", "\(slot.number)", "MIGRATING", target.id)
      var migrate = RESPWords("MIGRATE", "127.0.0.1", "\(target.port)", "", "0", "10000", "KEYS")
      for key in try here.call("CLUSTER", "GETKEYSINSLOT", "\(slot.number)", "5").compactMap(\.string) {
        migrate.add(key)
      }
      try here.call(migrate)
      for (place, connection) in [(to, there), (from, here)] {
        #expect(try connection.call("WAIT", "1", "60000").integer == 1)
        let replica = bench.nodes.nodes[place + TestCluster.masterCount]
        try bench.nodes.failOver(to: replica)
        try bench.nodes.waitForAgreement()
      }
      let balance = try bench.balance()
      #expect(balance.open.map(\.slot.slot) == [slot])
      #expect(balance.open.first?.source.id == bench.nodes.nodes[from + TestCluster.masterCount].id)
      #expect(balance.open.first?.target.id == bench.nodes.nodes[to + TestCluster.masterCount].id)
      try balance.apply()
      #expect(try bench.balance().open.isEmpty)
      #expect(try bench.keys() == keys)
      #expect(try bench.audit().said == [])
    }
  }

  @Test func `a copy that an interrupted transfer left is replaced, and another value is not`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let fourth = try Self.join(bench.nodes)
      let balance = try bench.balance()
      let move = try #require(balance.moves.first { $0.slot.description.hasPrefix("{") })
      let source = try bench.nodes.node(move.source.node).connect()
      let slot = "\(move.slot.slot.number)"
      var large = RESPWords("HSET", "\(move.slot):test:hash")
      for number in 0..<1000 {
        large.add("field \(number)")
        large.add("\(number)")
      }
      try source.call(large)
      try source.call("SET", "\(move.slot):test:text", "right")
      let keys = try source.call("CLUSTER", "GETKEYSINSLOT", slot, "1000").compactMap(\.string)
      let target = try fourth.connect()
      try target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", move.source.id)
      try source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", move.target.id)
      var copy = RESPWords(
        "MIGRATE", "127.0.0.1", "\(move.target.node.port)", "", "0", "10000", "COPY", "KEYS")
      for key in keys { copy.add(key) }
      try source.call(copy)
      try source.call("SET", "\(move.slot):test:text", "left")

      let refusal = #expect(throws: ClusterBalance.Refusal.self) { try bench.balance().apply() }
      #expect(refusal?.description.contains("\(move.slot):test:text") == true)
      try source.call("SET", "\(move.slot):test:text", "right")
      try bench.balance().apply()
      #expect(try target.call("CLUSTER", "COUNTKEYSINSLOT", slot).integer == keys.count)
      #expect(try bench.connection.call("HLEN", "\(move.slot):test:hash").integer == 1000)
      for name in ["hash", "text"] { try bench.connection.call("DEL", "\(move.slot):test:\(name)") }
      try Self.expectEven(bench)
    }
  }

  @Test func `marks that are left over are removed, and a claim by two nodes is refused`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let slot = HashSlot(of: "{0}")
      let owner = try bench.nodes.owner(of: slot)
      let others = bench.nodes.nodes.filter { $0.id != owner.id }
      try owner.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "MIGRATING", others[0].id)
      for other in others {
        try other.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "IMPORTING", owner.id)
      }
      let refusal = #expect(throws: ClusterBalance.Refusal.self) { try bench.balance() }
      #expect(refusal?.description.contains("Slot \(slot.number) of {0}") == true)
      for other in others { try other.connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "STABLE") }
      // To one that does not import it yet.
      let open = try bench.balance().open
      #expect(open.map(\.slot.slot) == [slot] && open.first?.target.id == others[0].id)
      try bench.balance().apply()
      #expect(try bench.audit().said == [])
      // A node that has given the slot away and still has its mark.
      try others[1].connect().call("CLUSTER", "SETSLOT", "\(slot.number)", "IMPORTING", owner.id)
      try bench.balance().apply()
      #expect(try bench.balance().open.isEmpty)
      #expect(try bench.audit().said == [])
    }
  }

  @Test func `nodes sign in at each other, and a master that is away is named`() async throws {
    try await onThread {
      let bench = try ClusterBench()
      let fourth = try Self.join(bench.nodes)
      let connections = try bench.nodes.nodes.map { try $0.connect() } + [fourth.connect()]
      for connection in connections {
        try connection.call("ACL", "SETUSER", "mover", "on", ">geheim ;%", "~*", "&*", "+@all")
        try connection.call("ACL", "SETUSER", "default", "off")
      }
      let url = try RedisURL("redis://mover:geheim%20%3B%25@127.0.0.1:\(bench.nodes.nodes[0].port)")
      let cluster = try Cluster(url)
      try ClusterBalance(cluster, as: url, shards: ClusterBench.shards).apply()
      #expect(try ClusterBalance(cluster, as: url, shards: ClusterBench.shards).moves.isEmpty)
      let victim = bench.nodes.nodes[1]
      try bench.nodes.kill(victim)
      let refusal = #expect(throws: ClusterBalance.Refusal.self) {
        try ClusterBalance(cluster, as: url, shards: ClusterBench.shards)
      }
      #expect(refusal?.description.hasPrefix("127.0.0.1:\(victim.port) is away") == true)
    }
  }
}
