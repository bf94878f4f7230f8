import Foundation
import Redis
import Synchronization
import Testbed
import Testing

/// One after another, because each has six servers.
@Suite(.serialized) struct ClusterConnectionTests {
  /// Runs a test's work with a cluster of its own, on a thread that can block.
  private static func withCluster(
    timeout: Duration = .seconds(1), replicas: Bool = true,
    _ work: @escaping @Sendable (TestCluster) throws -> Void
  ) async throws {
    try await onThread {
      let cluster = try TestCluster(timeout: timeout, replicas: replicas)
      try withExtendedLifetime(cluster) { try work(cluster) }
    }
  }

  /// A tag of each master.
  private static func tags(_ cluster: TestCluster) throws -> [String] {
    let map = try Cluster(cluster.url)
    let tags = (0..<100).map { "{\($0)}" }
    return cluster.nodes.prefix(TestCluster.masterCount).compactMap { node in
      tags.first { map.owner(of: HashSlot(of: $0))?.port == Int32(node.port) }
    }
  }

  /// Waits until a replica has everything that its master was told.
  private static func waitForReplica(of key: String, _ connection: ClusterConnection) throws {
    let count = try connection.on(key) { (node) throws(RedisError) in
      try node.call("WAIT", "1", "60000").integer
    }
    #expect(count == 1)
  }

  // MARK: Calm

  @Test func `a pipeline over all slots keeps the order within each`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let connection = try cluster.connect()
      var commands = Commands()
      for part in ["a", "b", "c"] {
        for number in 0..<3000 { commands.add("APPEND", "{\(number)}", part) }
        commands.add("PING")
      }
      let replies = try connection.exchange(commands)
      #expect(replies.count == 9003)
      for part in 0..<3 {
        let lengths = Set(replies.dropFirst(part * 3001).prefix(3000).map(\.integer))
        #expect(lengths == [part + 1])
        #expect(replies[part * 3001 + 3000].equals("PONG"))
      }
      var reads = Commands()
      for number in 0..<3000 { reads.add("GET", "{\(number)}") }
      #expect(try connection.exchange(reads).allSatisfy { $0.equals("abc") })
      let keys = try connection.onEveryMaster { (_, node) throws(RedisError) in
        try node.call("DBSIZE").integer ?? 0
      }
      .map { try $0.result.get() }
      #expect(keys.count == 3 && keys.reduce(0, +) == 3000 && keys.allSatisfy { $0 > 900 })
    }
  }

  @Test func `what a cluster refuses is an error of its command only`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let connection = try cluster.connect()
      var commands = Commands("SET", "{0}", "text")
      commands.add("MGET", "{0}", "{1}")
      commands.add("LPUSH", "{0}", "x")
      commands.add("GET", "{0}")
      let replies = try connection.exchange(commands)
      #expect(
        replies.map { $0.error?.code } == [
          nil, .refused(kind: RedisError.Kind(rawValue: "CROSSSLOT")), .refused(kind: .wrongType), nil,
        ])
      #expect(try connection.exchange(Commands()).isEmpty)
      let unknown = #expect(throws: RedisError.self) { try connection.call("FLUSHALL") }
      #expect(unknown?.message.contains("FLUSHALL") == true)
      #expect(try connection.call("GET", "{0}").equals("text"))
    }
  }

  @Test func `a script is loaded into every node before its first call there`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let connection = try cluster.connect()
      let tags = try Self.tags(cluster)
      let digest = try connection.digest(of: Script("return redis.call('INCR',KEYS[1])"))
      #expect(try connection.digest(of: Script("return redis.call('INCR',KEYS[1])")) == digest)
      for round in 1...3 {
        var commands = Commands()
        for tag in tags { commands.add("EVALSHA", digest, "1", tag) }
        #expect(try connection.exchange(commands).map(\.integer) == [round, round, round])
      }
      try cluster.owner(of: HashSlot(of: tags[1])).connect().call("SCRIPT", "FLUSH")
      let error = #expect(throws: RedisError.self) { try connection.call("EVALSHA", digest, "1", tags[1]) }
      #expect(error?.code == .refused(kind: .noScript))
      #expect(try connection.call("EVALSHA", digest, "1", tags[1]).integer == 4)
    }
  }

  @Test func `replies to several sends are received in their order`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let connection = try cluster.connect()
      let receipts = try (0..<5).map { number in
        var commands = Commands()
        for tag in 0..<20 { commands.add("APPEND", "{\(tag)}", "\(number)") }
        return try connection.send(commands)
      }
      for (number, receipt) in receipts.enumerated() {
        #expect(try connection.receive(receipt).allSatisfy { $0.integer == number + 1 })
      }
      #expect(try connection.call("GET", "{7}").equals("01234"))
      #expect(try connection.receive(connection.send(Commands())).isEmpty)
    }
  }

  // MARK: Moving slots

  @Test func `commands sent before and after a slot has moved keep their order`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let connection = try cluster.connect()
      let tag = try Self.tags(cluster)[0]
      func append(_ text: String) throws -> ClusterConnection.Receipt {
        try connection.send(Commands("APPEND", tag, text))
      }
      let first = try append("0")
      try cluster.move(HashSlot(of: tag), to: cluster.nodes[1])
      // These find out that the slot has moved, one after another.
      let others = try (1..<5).map { try append("\($0)") }
      for (length, receipt) in ([first] + others).enumerated() {
        #expect(try connection.receive(receipt).first?.integer == length + 1)
      }
      let later = try append("5")
      #expect(try connection.receive(later).first?.integer == 6)
      #expect(try connection.call("GET", tag).equals("012345"))
    }
  }

  @Test func `a slot that moves while others write loses nothing and keeps the order`() async throws {
    try await Self.withCluster(replicas: false) { cluster in
      let tag = try Self.tags(cluster)[0]
      let slot = HashSlot(of: tag)
      let isMoving = Atomic(true)
      let written = Watched(0)
      try cluster.connect().exchange(
        {
          var commands = Commands()
          for number in 0..<300 { commands.add("SET", "\(tag)filler:\(number)", "x") }
          return commands
        }()
      ).forEach { try $0.get() }
      let writer = Background {
        do {
          let connection = try cluster.connect()
          var number = 0
          while isMoving.load(ordering: .relaxed) {
            var commands = Commands()
            for _ in 0..<10 {
              number += 1
              commands.add("XADD", "\(tag)stream", "*", "n", "\(number)")
              // A new key, which the node that gives the slot away may not create.
              commands.add("SET", "\(tag)new:\(number)", "\(number)", "NX")
              commands.add("INCR", "\(tag)count")
            }
            for reply in try connection.exchange(commands) { try reply.get() }
            written.change { $0 = number }
            usleep(1000)
          }
        } catch {
          Issue.record(error)
        }
      }
      // Transactions pause while their slot moves, but are all or nothing.
      let transactions = Watched(0)
      let transactor = Background {
        do {
          let connection = try cluster.connect()
          var number = 1
          while isMoving.load(ordering: .relaxed) {
            var commands = Commands("MULTI")
            commands.add("XADD", "\(tag)transactions", "*", "n", "\(number)")
            commands.add("SET", "\(tag)transaction:\(number)", "x", "NX")
            commands.add("EXEC")
            let replies = try connection.exchange(commands)
            if let error = replies.lazy.compactMap(\.error).first {
              guard error.canRetry else { throw error }
              continue
            }
            transactions.change { $0 = number }
            number += 1
            usleep(1000)
          }
        } catch {
          Issue.record(error)
        }
      }
      for target in [1, 2, 0, 1] {
        let before = (written.now, transactions.now)
        try cluster.move(slot, to: cluster.nodes[target]) { usleep(200) }
        #expect(written.wait { $0 > before.0 + 50 } != nil)
        #expect(transactions.wait { $0 > before.1 + 5 } != nil)
      }
      isMoving.store(false, ordering: .relaxed)
      #expect(writer.wait() != nil && transactor.wait() != nil)

      let connection = try cluster.connect()
      let numbers = { (stream: String) throws(RedisError) in
        try connection.call("XRANGE", tag + stream, "-", "+").map { $0[1]?[1]?.integer ?? 0 }
      }
      let count = written.now
      #expect(count > 200)
      #expect(try numbers("stream") == Array(1...count))
      #expect(try connection.call("GET", "\(tag)count").integer == count)
      #expect(try connection.call("EXISTS", "\(tag)new:1", "\(tag)new:\(count)").integer == 2)
      #expect(try numbers("transactions") == Array(1...transactions.now))
      #expect(try cluster.owner(of: slot).port == cluster.nodes[1].port)
    }
  }

  // MARK: Nodes that fail

  @Test func `while a killed master is replaced, the others are served, then its keys again`() async throws {
    try await Self.withCluster { cluster in
      let connection = try cluster.connect()
      let tags = try Self.tags(cluster)
      for tag in tags { try connection.call("SET", tag, "before") }
      try Self.waitForReplica(of: tags[0], connection)
      let digest = try connection.digest(of: Script("return redis.call('APPEND',KEYS[1],'+')"))
      try cluster.kill(cluster.nodes[0])
      let start = ContinuousClock.now
      var slowest = Duration.zero
      var failures = 0
      var isBack = false
      while !isBack {
        let before = ContinuousClock.now
        for tag in tags.dropFirst() { #expect(try connection.call("GET", tag).equals("before")) }
        do {
          isBack = try connection.call("GET", tags[0]).equals("before")
        } catch {
          #expect((error as? RedisError)?.canRetry == true, "\(error)")
          failures += 1
        }
        slowest = max(slowest, before.duration(to: .now))
        try #require(start.duration(to: .now) < Patience.limit)
        usleep(10_000)
      }
      #expect(failures > 10)
      // Nobody waits for the dead node.
      #expect(slowest < Patience.prompt)
      print("a killed master was replaced after \(start.duration(to: .now)), slowest round \(slowest)")
      #expect(try connection.call("EVALSHA", digest, "1", tags[0]).integer == 7)
      // As a replica, the node that comes back makes no difference.
      try cluster.restart(cluster.nodes[0])
      try cluster.waitForAgreement()
      #expect(try connection.call("GET", tags[0]).equals("before+"))
    }
  }

  @Test func `a master that was paused and replaced gets no commands when it wakes up`() async throws {
    try await Self.withCluster { cluster in
      let connection = try cluster.connect()
      let tags = try Self.tags(cluster)
      try connection.call("SET", tags[0], "0")
      try Self.waitForReplica(of: tags[0], connection)
      try cluster.pause(cluster.nodes[0])
      let start = ContinuousClock.now
      let late = #expect(throws: RedisError.self) { try connection.call("GET", tags[0]) }
      #expect(late?.code == .timeout && start.duration(to: .now) < Patience.prompt)
      // From now on, calls fail at once, until the replica has taken over.
      var waits: [Duration] = []
      try insist("the replica has taken over") {
        let start = ContinuousClock.now
        defer { waits.append(start.duration(to: .now)) }
        try connection.call("INCR", tags[0])
      }
      #expect(waits.reduce(.zero, +) / waits.count < .milliseconds(500))
      try cluster.resume(cluster.nodes[0])
      for number in 2...500 { #expect(try connection.call("INCR", tags[0]).integer == number) }
      try cluster.waitForAgreement()
      #expect(try connection.call("GET", tags[0]).integer == 500)
      #expect(try cluster.owner(of: HashSlot(of: tags[0])).port == cluster.nodes[3].port)
    }
  }

  @Test func `a master that only paused is used again as soon as it answers`() async throws {
    try await Self.withCluster(timeout: Patience.limit, replicas: false) { cluster in
      let connection = try cluster.connect()
      let tags = try Self.tags(cluster)
      for tag in tags { try connection.call("SET", tag, "before") }
      try cluster.pause(cluster.nodes[0])
      #expect(throws: RedisError.self) { try connection.call("GET", tags[0]) }
      for _ in 0..<20 {
        let error = #expect(throws: RedisError.self) { try connection.call("GET", tags[0]) }
        #expect(error?.code == .unavailable && error?.canRetry == true)
        #expect(try connection.call("GET", tags[1]).equals("before"))
      }
      // A part for the node that is away fails the whole, after the other parts were answered.
      var commands = Commands("GET", tags[1])
      commands.add("SET", tags[0], "after")
      #expect(throws: RedisError.self) { try connection.exchange(commands) }
      #expect(
        connection.onEveryMaster { _, _ in true }.map { (try? $0.result.get()) == true }.sorted { !$0 && $1 }
          == [false, true, true])
      try cluster.resume(cluster.nodes[0])
      try insist("the node is used again") { try connection.call("GET", tags[0]) }
      #expect(try connection.call("GET", tags[0]).equals("before"))
    }
  }

  @Test func `a planned fail-over causes no error`() async throws {
    try await Self.withCluster { cluster in
      let tag = try Self.tags(cluster)[0]
      let isOver = Atomic(false)
      let count = Watched(0)
      let writer = Background {
        do {
          let connection = try cluster.connect()
          while !isOver.load(ordering: .relaxed) {
            let value = try connection.call("INCR", tag).integer ?? 0
            #expect(value == count.now + 1)
            count.change { $0 = value }
          }
        } catch {
          Issue.record(error)
        }
      }
      for replica in [3, 0] {
        let before = count.now
        #expect(count.wait { $0 > before + 50 } != nil)
        try cluster.failOver(to: cluster.nodes[replica])
        try cluster.waitForAgreement()
      }
      isOver.store(true, ordering: .relaxed)
      #expect(writer.wait() != nil)
      #expect(try cluster.connect().call("GET", tag).integer == count.now)
    }
  }

  @Test func `after all nodes were away, the seeds are the way back`() async throws {
    try await Self.withCluster { cluster in
      let connection = try cluster.connect()
      let tags = try Self.tags(cluster)
      for tag in tags { try connection.call("SET", tag, "before") }
      for node in cluster.nodes { try cluster.kill(node) }
      for tag in tags {
        let error = #expect(throws: RedisError.self) { try connection.call("GET", tag) }
        #expect(error?.code == .unavailable && error?.canRetry == true)
      }
      // Long enough for many refreshes that find nobody.
      usleep(1_000_000)
      for node in cluster.nodes { try cluster.restart(node) }
      for tag in tags {
        #expect(try insist("\(tag) is served again") { try connection.call("GET", tag) }.equals("before"))
        try insist("\(tag) can be written again") { try connection.call("SET", tag, "after") }
      }
    }
  }
}
