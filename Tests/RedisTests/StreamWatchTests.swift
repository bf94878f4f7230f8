import Foundation
import Synchronization
import Testbed
import Testing

@testable import Redis

/// One after another, because some have six servers.
@Suite(.serialized) struct StreamWatchTests {
  /// Runs a test's work with a cluster of its own, on a thread that can block.
  private static func withCluster(
    replicas: Bool = true, _ work: @escaping @Sendable (TestCluster) throws -> Void
  ) async throws {
    try await onThread {
      let cluster = try TestCluster(replicas: replicas)
      try withExtendedLifetime(cluster) { try work(cluster) }
    }
  }

  private static let keys = (0..<12).map { "{\($0)}:events" }

  private static func watch(
    _ deployment: RedisDeployment, _ keys: [String] = keys, startsOver: Bool = false
  ) -> StreamWatch {
    StreamWatch(deployment, keys.map { ($0, "0") }, count: 100, startsOver: startsOver)
  }

  /// Adds numbers to streams.
  private static func add(
    _ numbers: some Sequence<Int>, to keys: [String] = keys, _ link: any RedisLink
  ) throws {
    var commands = Commands()
    for number in numbers { for key in keys { commands.add("XADD", key, "*", "number", "\(number)") } }
    for reply in try link.exchange(commands) { try reply.get() }
  }

  /// Adds one number to a stream, sooner or later. It can be there twice.
  private static func insistOnAdding(_ number: Int, to key: String, _ link: any RedisLink) throws {
    try insist("\(key) takes \(number)") { try link.call("XADD", key, "*", "number", "\(number)") }
  }

  /// Follows the streams until a condition is true for the numbers found in each.
  private static func follow(
    _ watch: StreamWatch, _ what: String, _ found: inout [[Int]], until isMet: ([[Int]]) -> Bool
  ) throws {
    let deadline = ContinuousClock.now + Patience.limit
    while !isMet(found) {
      try #require(ContinuousClock.now < deadline, "not in time: \(what), but \(found)")
      for news in try watch.next(within: .seconds(1)) {
        for entry in news.entries {
          found[news.place].append(try #require(entry[1]?[1]?.integer))
        }
      }
    }
  }

  /// Expects that a watch throws, sooner or later. Returns the error.
  private static func failure(of watch: StreamWatch) -> RedisError? {
    let deadline = ContinuousClock.now + Patience.limit
    return #expect(throws: RedisError.self) {
      while ContinuousClock.now < deadline { _ = try watch.next(within: .seconds(1)) }
    }
  }

  private static var nothing: [[Int]] { keys.map { _ in [] } }

  // MARK: One Redis

  @Test func `entries of all streams arrive in order, from the given positions`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try Self.add(0..<250, link)
      let watch = Self.watch(.single(redis.url))
      var found = Self.nothing
      try Self.follow(watch, "what was there", &found) { $0.allSatisfy { $0.count >= 250 } }
      try Self.add(250..<260, link)
      try Self.follow(watch, "what is new", &found) { $0.allSatisfy { $0.count >= 260 } }
      #expect(found.allSatisfy { $0 == Array(0..<260) })
      let last = try link.call("XINFO", "STREAM", Self.keys[0]).value("last-generated-id")?.string ?? ""
      let late = StreamWatch(.single(redis.url), [(Self.keys[0], last)], count: 1)
      try Self.add(260..<263, link)
      var numbers: [[Int]] = [[]]
      try Self.follow(late, "what follows", &numbers) { $0[0].count >= 3 }
      #expect(numbers == [[260, 261, 262]])
      try Self.expectToRest(late)
    }
  }

  /// Expects that a watch waits while there is nothing to read.
  private static func expectToRest(_ watch: StreamWatch) throws {
    let start = ContinuousClock.now
    #expect(try watch.next(within: .milliseconds(400)).isEmpty)
    #expect(.now - start >= .milliseconds(350))
  }

  @Test func `a watch says that Redis is away, and goes on where it was`() async throws {
    try await TestRedis.with(["--appendonly", "yes"]) { redis in
      try Self.add(0..<3, redis.connect())
      let watch = Self.watch(.single(redis.url))
      var found = Self.nothing
      try Self.follow(watch, "the first", &found) { $0.allSatisfy { $0.count >= 3 } }
      redis.process.kill()
      for _ in 1...3 {
        let error = Self.failure(of: watch)
        #expect(error?.canRetry == true)
      }
      try redis.restart()
      try Self.add(3..<6, redis.connect())
      try Self.follow(watch, "the others", &found) { $0.allSatisfy { $0.count >= 6 } }
      #expect(found.allSatisfy { $0 == Array(0..<6) })
    }
  }

  @Test func `a watch does not wait at a Redis that was demoted`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try Self.add(0..<1, link)
      let watch = Self.watch(.single(redis.url))
      var found = Self.nothing
      try Self.follow(watch, "the first", &found) { $0.allSatisfy { $0.count >= 1 } }
      _ = try watch.next(within: .milliseconds(10))
      try link.call("REPLICAOF", "127.0.0.1", "1")
      for _ in 1...2 {
        let error = Self.failure(of: watch)
        #expect(error?.endsConnection == true)
      }
      let former = try redis.connect()
      try former.call("REPLICAOF", "NO", "ONE")
      try Self.add(1..<2, former)
      try Self.follow(watch, "the second", &found) { $0.allSatisfy { $0.count >= 2 } }
      #expect(found.allSatisfy { $0 == [0, 1] })
    }
  }

  // MARK: A cluster

  @Test func `entries of all slots arrive in order`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let deployment = RedisDeployment.cluster(try Cluster(cluster.url))
      let link = try deployment.connect()
      // Two streams of a slot are read together.
      let keys = Self.keys + Self.keys.map { $0 + ":2" }
      let watch = Self.watch(deployment, keys)
      try Self.add(0..<150, to: keys, link)
      var found = keys.map { _ in [Int]() }
      try Self.follow(watch, "what was there", &found) { $0.allSatisfy { $0.count >= 150 } }
      try Self.add(150..<160, to: keys, link)
      try Self.follow(watch, "what is new", &found) { $0.allSatisfy { $0.count >= 160 } }
      #expect(found.allSatisfy { $0 == Array(0..<160) })
      try Self.expectToRest(watch)
    }
  }

  @Test(arguments: [false, true])
  func `a stream that moves is followed to its new node`(startsOver: Bool) async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let deployment = RedisDeployment.cluster(try Cluster(cluster.url))
      let link = try deployment.connect()
      let watch = Self.watch(deployment, startsOver: startsOver)
      try Self.add(0..<5, link)
      var found = Self.nothing
      try Self.follow(watch, "the first", &found) { $0.allSatisfy { $0.count >= 5 } }
      // All wait while the slot moves.
      _ = try watch.next(within: .milliseconds(10))
      let slot = HashSlot(of: Self.keys[0])
      let owner = try cluster.owner(of: slot)
      try cluster.move(slot, to: #require(cluster.nodes.first { $0.port != owner.port }))
      try Self.add(5..<10, link)
      try Self.follow(watch, "the others", &found) { $0.allSatisfy { $0.last == 9 } }
      #expect(found[0] == (startsOver ? Array(0..<5) + Array(0..<10) : Array(0..<10)))
      #expect(found.dropFirst().allSatisfy { $0 == Array(0..<10) })
      try Self.expectToRest(watch)
    }
  }

  @Test func `a planned fail-over loses and repeats nothing`() async throws {
    try await Self.withCluster { cluster in
      let deployment = RedisDeployment.cluster(try Cluster(cluster.url))
      let link = try deployment.connect()
      let watch = Self.watch(deployment)
      try Self.add(0..<5, link)
      var found = Self.nothing
      try Self.follow(watch, "the first", &found) { $0.allSatisfy { $0.count >= 5 } }
      _ = try watch.next(within: .milliseconds(10))
      for replica in cluster.nodes.dropFirst(TestCluster.masterCount) { try cluster.failOver(to: replica) }
      try cluster.waitForAgreement()
      for key in Self.keys { try Self.insistOnAdding(5, to: key, link) }
      try Self.follow(watch, "the last", &found) { $0.allSatisfy { $0.contains(5) } }
      #expect(found.allSatisfy { $0 == Array(0..<6) })
      try Self.expectToRest(watch)
    }
  }

  @Test func `the streams of a killed master come back, and the others never stop`() async throws {
    try await Self.withCluster { cluster in
      let map = try Cluster(cluster.url)
      let deployment = RedisDeployment.cluster(map)
      let victim = try cluster.node(map.owner(of: HashSlot(of: Self.keys[0])))
      let isAway = try Self.keys.map {
        try cluster.node(map.owner(of: HashSlot(of: $0))).port == victim.port
      }
      let link = try deployment.connect()
      let watch = Self.watch(deployment)
      try Self.add(0..<5, link)
      var found = Self.nothing
      try Self.follow(watch, "the first", &found) { $0.allSatisfy { $0.count >= 5 } }
      _ = try watch.next(within: .milliseconds(10))
      try cluster.kill(victim)
      let others = zip(Self.keys, isAway).filter { !$1 }.map(\.0)
      for number in 5..<50 {
        try Self.add(number...number, to: others, link)
        try Self.follow(watch, "\(number) of others", &found) { found in
          zip(found, isAway).allSatisfy { $1 || $0.last == number }
        }
      }
      for key in Self.keys { try Self.insistOnAdding(50, to: key, link) }
      try Self.follow(watch, "the last", &found) { $0.allSatisfy { $0.last == 50 } }
      for (numbers, isAway) in zip(found, isAway) where !isAway { #expect(numbers == Array(0...50)) }
      try Self.expectToRest(watch)
    }
  }

  @Test func `a watch says so when all nodes are away, and recovers with them`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let deployment = RedisDeployment.cluster(try Cluster(cluster.url))
      let link = try deployment.connect()
      let watch = Self.watch(deployment)
      try Self.add(0..<5, link)
      var found = Self.nothing
      try Self.follow(watch, "the first", &found) { $0.allSatisfy { $0.count >= 5 } }
      for node in cluster.nodes { try cluster.kill(node) }
      let error = Self.failure(of: watch)
      #expect(error?.canRetry == true)
      for node in cluster.nodes { try cluster.restart(node) }
      try cluster.waitForAgreement()
      for key in Self.keys { try Self.insistOnAdding(5, to: key, link) }
      // Nodes come back one by one.
      let deadline = ContinuousClock.now + Patience.limit
      while !found.allSatisfy({ $0.contains(5) }), ContinuousClock.now < deadline {
        for news in (try? watch.next(within: .seconds(1))) ?? [] {
          found[news.place] += news.entries.compactMap { $0[1]?[1]?.integer }
        }
      }
      #expect(found.allSatisfy { $0.contains(5) })
    }
  }

  @Test func `one stream that cannot be read takes no entry away from the others`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let deployment = RedisDeployment.cluster(try Cluster(cluster.url))
      let link = try deployment.connect()
      try link.call("SET", Self.keys[0], "text")
      let others = Array(Self.keys.dropFirst())
      try Self.add(0..<100, to: others, link)
      let watch = StreamWatch(deployment, Self.keys.map { ($0, "0") }, count: 1)
      var found = Self.nothing
      let deadline = ContinuousClock.now + Patience.limit
      while found.dropFirst().contains(where: { $0.count < 100 }), ContinuousClock.now < deadline {
        // It throws in between, where nothing else was found.
        for news in (try? watch.next(within: .seconds(1))) ?? [] {
          found[news.place] += news.entries.compactMap { $0[1]?[1]?.integer }
        }
      }
      #expect(found == [[]] + others.map { _ in Array(0..<100) })
      #expect(Self.failure(of: watch)?.code == .refused(kind: .wrongType))
    }
  }
}
