import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing

@testable import Lanes

@Suite struct TimerTests {
  private static let day = 86_400_000

  /// Returns Redis's time in milliseconds.
  private static func now(_ connection: any RedisLink) throws -> Int {
    let time = try connection.call("TIME")
    return try #require(time[0]?.string.flatMap { Int($0) }) * 1000
      + #require(time[1]?.string.flatMap { Int($0) }) / 1000
  }

  /// Adds timers of a lane with the names `t0`, `t1` … in the order of their due times.
  private static func plan(_ dues: [Int], of lane: LaneName, _ connection: any RedisLink) throws {
    var words = RESPWords("ZADD", "\(lane.tag):timers")
    for (number, due) in dues.sorted().enumerated() {
      words.add("\(due)")
      words.add("t\(number)")
    }
    try connection.call(words)
  }

  /// Returns the timers that came due, in the order of the lane's stream.
  private static func came(_ lane: LaneName, _ connection: any RedisLink) throws -> [String] {
    try connection.call("XRANGE", "\(lane.tag):commands", "-", "+").compactMap { entry in
      let fields = entry[1].map(Array.init) ?? []
      guard fields[0].equals("type"), fields[1].equals("TimeCame"), fields[2].equals("timer") else {
        return nil
      }
      return fields[3].string
    }
  }

  private static func names(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

  /// Returns how often lanes have looked at timers. A look asks twice by ZRANGE; a heartbeat asks once for the
  /// living replicas, and removes by ZREMRANGEBYSCORE twice.
  private static func looks(_ connection: RedisConnection) throws -> Int {
    let stats = try connection.call("INFO", "commandstats").string ?? ""
    func calls(_ command: String) throws -> Int {
      let match = try Regex("cmdstat_\(command):calls=([0-9]+)").firstMatch(in: stats)
      return match.flatMap { $0.output[1].substring }.flatMap { Int($0) } ?? 0
    }
    return try (calls("zrange") - calls("zremrangebyscore") / 2) / 2
  }

  private static func heartbeats(_ connection: RedisConnection) throws -> Int {
    try connection.calls(of: "zremrangebyscore") / 2
  }

  @Test(arguments: [Trouble.connectionsKilled, .scriptsFlushed, .serverKilled])
  func `timers come back once and in order, whichever replica holds the lane`(_ trouble: Trouble)
    async throws
  {
    try await CopyBench.with(lanes: 2, trouble.options) { bench in
      let count = 300
      let start = try Self.now(bench.redis.connect())
      for lane in bench.lanes {
        let dues = (0..<count).map { _ in start + Int.random(in: -Self.day...2000) }
        let late = (0..<count).map { _ in start + Int.random(in: -1000...3000) }
        try Self.plan(Array((dues + late).prefix(count)), of: lane, bench.redis.connect())
      }
      var running = (0..<3).map { bench.start("\($0)", timers: true) }
      for strike in 0..<min(trouble.strikes, 12) {
        try bench.awaitNextCopy()
        try trouble.strike(bench)
        running.removeFirst().stop()
        running.append(bench.start("\(strike + 3)", timers: true))
      }
      let connection = try bench.redis.connect()
      try bench.wait(until: "all timers came", connection) {
        try bench.lanes.indices.allSatisfy { try bench.copies($0, connection) == count }
      }
      for runner in running { #expect(runner.stop() != nil) }
      for lane in bench.lanes {
        #expect(try Self.came(lane, connection) == Self.names(count))
        #expect(try connection.call("ZCARD", "\(lane.tag):timers").integer == 0)
      }
      try bench.check()
    }
  }

  @Test func `a former owner's look is fenced off and changes nothing`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let (lane, timers) = (bench.lanes[0], bench.timers(of: bench.lanes[0]))
      let start = try Self.now(connection)
      try Self.plan([start - Self.day, start - 1, start + Self.day], of: lane, connection)
      try connection.call("SET", lane.lease, "a:1")
      func look(_ token: String, _ most: Int) throws -> Reply {
        try connection.evaluate(
          LaneTimers.script, keys: [lane.lease, timers.key, timers.stream], token, "\(most)", "0")
      }
      let error = #expect(throws: RedisError.self) { try look("a:0", 64) }
      #expect(error?.code == .refused(kind: .fenced))
      #expect(try Self.came(lane, connection) == [])
      #expect(try connection.call("ZCARD", timers.key).integer == 3)
      let first = try look("a:1", 1)
      #expect(first[0]?.integer == 1)
      #expect(first[2]?.integer.map { $0 <= -1 } == true, "the next one is late")
      let second = try look("a:1", 64)
      let last = try connection.call("XREVRANGE", timers.stream, "+", "-")[0]?[0]?.string
      #expect(second[0]?.integer == 1 && second[1]?.string == last)
      #expect(second[2]?.integer == 60_000, "the next one is far away")
      #expect(try Self.came(lane, connection) == ["t0", "t1"])
      try connection.call("ZREM", timers.key, "t2")
      let third = try look("a:1", 64)
      #expect(third[0]?.integer == 0 && third[1]?.string == "" && third[2]?.integer == nil)
    }
  }

  @Test func `what commits plan comes back at its time, and what they cancel does not`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let (lane, key) = (bench.lanes[0], "{0}:timers")
      let lanes = bench.start(timers: true) { (turn, commit) throws(RedisError) in
        for entry in turn.batch {
          if let due = entry.value("due")?.integer {
            // Twice, as the later call counts.
            let name = "t\(due)"
            commit.schedule([(name, UInt64(due) + 7_000_000), ("u\(due)", UInt64(due))], at: key)
            commit.schedule([(name, UInt64(due))], at: key)
            commit.cancel(timers: ["u\(due)", "never there"], at: key)
          }
          if let name = entry.value("cancel")?.string { commit.cancel(timers: [name], at: key) }
        }
        return try StepHandler.copy(turn, &commit)
      }
      let start = try Self.now(connection)
      try connection.call("XADD", "{0}:commands", "*", "due", "\(start + 1_000_000)")
      for wait in [700, 0, 350, 100] {
        try connection.call("XADD", "{0}:commands", "*", "due", "\(start + wait)")
      }
      try connection.call("XADD", "{0}:commands", "*", "cancel", "t\(start + 1_000_000)")
      try bench.wait(until: "they came", connection) { try bench.copies(0, connection) == 6 + 4 }
      lanes.stop()
      #expect(try Self.came(lane, connection) == [0, 100, 350, 700].map { "t\(start + $0)" })
      #expect(try connection.call("EXISTS", key).integer == 0)
      for entry in try connection.call("XRANGE", "{0}:commands", "-", "+") {
        guard let due = entry[1]?[3]?.string.flatMap({ Int($0.dropFirst()) }), entry[1]?.count == 4 else {
          continue
        }
        let came = try #require(entry[0]?.string.flatMap { EntryID($0) })
        // Redis reads its clock anew for the entry.
        #expect(came.milliseconds + 1 >= UInt64(due), "\(came) is before \(due)")
      }
      try bench.check()
    }
  }

  @Test func `a timer that commits cannot carry in one command is planned and cancelled all the same`()
    async throws
  {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let far = try UInt64(Self.now(connection) + Self.day)
      let lanes = bench.start(timers: true) { (turn, commit) throws(RedisError) in
        for entry in turn.batch {
          let names = Self.names(9000)
          if entry.value("number")?.equals("0") == true {
            commit.schedule(names.map { ($0, far) }, at: "{0}:timers")
          } else {
            commit.cancel(timers: names.dropLast(3), at: "{0}:timers")
          }
        }
        return .commit
      }
      for (number, left) in [9000, 3].enumerated() {
        try connection.call("XADD", "{0}:commands", "*", "number", "\(number)")
        try bench.wait(until: "\(left) are left", connection) {
          try connection.call("ZCARD", "{0}:timers").integer == left
        }
      }
      lanes.stop()
    }
  }

  @Test func `after a long pause timers come in order, and never many at once`() async throws {
    let most = Watched(0)
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let count = 2000
      let start = try Self.now(connection)
      try Self.plan((0..<count).map { start - Self.day + $0 * 40_000 }, of: bench.lanes[0], connection)
      let lanes = bench.start(timers: true) { (turn, commit) throws(RedisError) in
        if turn.round == 0 {
          let waiting = try bench.uncopied()
          most.change { $0 = max($0, waiting) }
        }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.wait(until: "all came", connection) { try bench.copies(0, connection) == count }
      lanes.stop()
      #expect(try Self.came(bench.lanes[0], connection) == Self.names(count))
      try bench.check()
    }
    #expect((1...LaneTimers.mostAtOnce).contains(most.now), "\(most.now) were waiting")
  }

  @Test func `a lane that cannot go on is not buried under its timers`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let name = bench.lanes[0]
      let count = 500
      let start = try Self.now(connection)
      try Self.plan((0..<count).map { start - Self.day + $0 }, of: name, connection)
      try connection.call("SET", "{0}:first", "of the wrong type")
      let lanes = bench.start(timers: true) { (turn, commit) throws(RedisError) in
        if turn.round == 1 { commit.add { $0.add("HSET", "{0}:first", "\(turn.batch[0].id)", "x") } }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      let before = try Self.heartbeats(connection)
      try bench.wait(until: "it was opened often", connection) {
        try Self.heartbeats(connection) > before + 20
      }
      #expect(try Self.came(name, connection).count == LaneTimers.mostAtOnce)
      try connection.call("DEL", "{0}:first")
      try bench.wait(until: "all came", connection) { try bench.copies(0, connection) == count }
      lanes.stop()
      #expect(try Self.came(name, connection) == Self.names(count))
      try bench.check()
    }
  }

  @Test func `a lane whose owners vanish looks at no timers before it is calm`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lane = bench.lanes[0]
      let former = bench.start(timers: true)
      try bench.fill(1)
      try bench.awaitCopies()
      former.stop()
      let start = try Self.now(connection)
      try Self.plan([start - 1], of: lane, connection)
      let cursor = try connection.call("HMGET", lane.cursor, "{0}:events", "{0}:commands")
      let position = cursor.map { ($0.string ?? "").prefix { $0 != " " } }.joined(separator: "+")
      try connection.call(
        "HSET", lane.attempts, "owner", "gone", "position", position, "crashes", "1", "vanished", "gone")
      let lanes = bench.start(timers: true)
      try bench.wait(until: "it came", connection) { try bench.copies(0, connection) == 3 }
      lanes.stop()
      let last = try connection.call("XREVRANGE", "{0}:commands", "+", "-", "COUNT", "1")[0]?[0]?.string
      let came = try #require(last.flatMap { EntryID($0) })
      #expect(Int(came.milliseconds) - start >= Int(CrashGuard.wait.lowerBound * 1000))
    }
  }

  @Test func `a lane without timers never looks, and an idle one not before one is due`() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let connection = try bench.redis.connect()
      for (withTimers, most) in [(false, 0), (true, 2)] {
        try connection.call("ZADD", "{0}:timers", "\(Self.now(connection) + 3_600_000)", "far")
        try connection.call("CONFIG", "RESETSTAT")
        let lanes = bench.start(timers: withTimers)
        try bench.wait(until: "time has passed", connection) { try Self.heartbeats(connection) > 40 }
        #expect(try Self.looks(connection) == most)
        lanes.stop()
      }
      // What a commit plans is noticed with the next heartbeat, though the lane meant to rest for a minute.
      let lanes = bench.start(timers: true) { (turn, commit) throws(RedisError) in
        if turn.batch.contains(where: { $0.value("number") != nil }) {
          commit.schedule([("soon", 1)], at: "\(turn.lane.tag):timers")
        }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.wait(until: "it rests", connection) { try Self.looks(connection) >= 4 }
      try connection.call("XADD", "{1}:events", "*", "number", "1")
      try #require(
        try connection.call(
          "XREAD", "BLOCK", "\(Int(Patience.prompt.seconds * 1000))", "STREAMS", "{1}:commands", "0"
        )[0] != nil)
      try bench.wait(until: "it is copied", connection) { try bench.copies(1, connection) == 2 }
      lanes.stop()
    }
  }

  @Test func `a full Redis lets timers wait and loses none`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let name = bench.lanes[0]
      try bench.fill(1)
      // A full Redis opens no lane for the first time.
      let former = bench.start(timers: true)
      try bench.awaitCopies()
      former.stop()
      let start = try Self.now(connection)
      try Self.plan((0..<100).map { start - Self.day + $0 }, of: name, connection)
      try bench.fill(49)
      try connection.call("CONFIG", "SET", "maxmemory", "1")
      let lanes = bench.start(timers: true)
      try bench.awaitCopies()
      let before = try Self.heartbeats(connection)
      try bench.wait(until: "it had the time to look", connection) {
        try Self.heartbeats(connection) > before + 30
      }
      #expect(try connection.call("ZCARD", "{0}:timers").integer == 100)
      #expect(lanes.runner.state.halted.isEmpty && lanes.runner.state.lanes == [name])
      try connection.call("CONFIG", "SET", "maxmemory", "0")
      try bench.wait(until: "all came", connection) { try bench.copies(0, connection) == 200 }
      lanes.stop()
      #expect(try Self.came(name, connection) == Self.names(100))
      try bench.check()
    }
  }

  @Test(
    arguments: [
      ("-zrem", "may not do: ZREM {0}:timers"), ("-zadd", "may not do: ZADD {0}:timers"),
      ("+@all", "{0}:timers is a string, but must be a zset"),
    ])
  func `a lane that could not keep its timers is not opened`(rule: String, reason: String) async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let connection = try bench.redis.connect()
      try connection.call("ACL", "SETUSER", "default", "on", "nopass", "~*", "+@all")
      // Replicas register in a sorted set.
      try connection.call(
        "ACL", "SETUSER", "worker", "on", "nopass", "~*", "&*", "+@all", rule, "(+zadd +zrem ~replicas:*)")
      if rule == "+@all" { try connection.call("SET", "{0}:timers", "of the wrong type") }
      let name = bench.lanes[0]
      var url = bench.redis.url
      url.user = "worker"
      url.password = "any"
      let spec = LaneSpec(name: name, streams: bench.streams(of: name), timers: [bench.timers(of: name)]) {
        StepHandler(name, step: StepHandler.copy) {}
      }
      let lanes = RunningLanes(
        LaneRunner(
          worker: name.worker, lanes: [spec], redis: .single(url), options: .brisk,
          logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(lanes.runner.state.halted[name]?.contains(reason) == true, "\(lanes.runner.state.halted)")
      lanes.stop()
    }
  }

  @Test func `timers follow their lane through a slot that moves`() async throws {
    try await onThread {
      let cluster = try TestCluster(replicas: false)
      let lane = LaneName(worker: "copy", tag: "{0}")
      let spec = LaneSpec(
        name: lane, streams: ["{0}:commands"], timers: [LaneTimers(key: "{0}:timers", stream: "{0}:commands")]
      ) { StepHandler(lane, step: StepHandler.copy) {} }
      let running = try (0..<2).map { _ in
        RunningLanes(
          LaneRunner(
            worker: lane.worker, lanes: [spec], redis: .cluster(try Cluster(cluster.url)), options: .brisk,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
      }
      let connection = try cluster.connect()
      let start = try Self.now(cluster.nodes[0].connect())
      let count = 400
      try Self.plan((0..<count).map { start + 3 * $0 }, of: lane, connection)
      for round in 0..<3 {
        try cluster.move(lane.slot, to: cluster.master(round, besides: cluster.owner(of: lane.slot)))
      }
      try insist("all came") {
        guard try connection.call("XLEN", "{0}:output").integer == count else {
          throw NeverHappened(description: "\(try Self.came(lane, connection).count) came")
        }
      }
      #expect(try Self.came(lane, connection) == Self.names(count))
      for runner in running { #expect(runner.stop() != nil) }
    }
  }
}
