import Lanes
import Logging
import Market
import Redis
import Synchronization
import Testbed
import Testing

@testable import Lanes

/// A lane can have several clocks, which append to one of its streams.
@Suite struct ClocksTests {
  private static let day = 86_400_000

  /// Returns Redis's time in milliseconds.
  private static func now(_ connection: any RedisLink) throws -> Int {
    let time = try connection.call("TIME")
    return try #require(time[0]?.integer) * 1000 + #require(time[1]?.integer) / 1000
  }

  private static func clock(
    _ name: String, delay: Duration? = .zero, isOn: @escaping @Sendable () -> Bool = { true }
  ) -> LaneTimers {
    LaneTimers(key: "{0}:\(name)", stream: "{0}:commands", delay: delay, isOn: isOn)
  }

  /// Sets so many timers of a clock, named `<clock>0`, `<clock>1` … in the order of their scores.
  private static func plan(
    _ name: String, _ count: Int, from first: Int, every step: Int = 1, _ connection: any RedisLink
  ) throws {
    var words = RESPWords("ZADD", "{0}:\(name)")
    for number in 0..<count {
      words.add("\(first + number * step)")
      words.add("\(name)\(number)")
    }
    try connection.call(words)
  }

  /// Returns what came due, in the order of the lane's stream, with when.
  private static func came(_ connection: any RedisLink) throws -> [(name: String, time: Int)] {
    try connection.call("XRANGE", "{0}:commands", "-", "+").compactMap { entry in
      guard let name = entry[1]?[3]?.string, let id = entry[0]?.string.flatMap({ EntryID($0) }) else {
        return nil
      }
      return (name, Int(clamping: id.milliseconds))
    }
  }

  private static func start(
    _ bench: CopyBench, _ clocks: [LaneTimers], step: @escaping StepHandler.Step = StepHandler.copy
  ) -> RunningLanes {
    let lane = bench.lanes[0]
    let spec = LaneSpec(name: lane, streams: bench.streams(of: lane), timers: clocks) {
      StepHandler(lane, step: step) {}
    }
    return RunningLanes(
      LaneRunner(
        worker: lane.worker, lanes: [spec], redis: .single(bench.redis.url), options: .brisk,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
  }

  @Test func `each clock comes once and in order, none waits for another, and never many at once`()
    async throws
  {
    let most = Watched(0)
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let (names, count) = (["a", "b", "c"], 600)
      let start = try Self.now(connection)
      for name in names { try Self.plan(name, count, from: start - Self.day, every: 1000, connection) }
      let lanes = Self.start(bench, names.map { Self.clock($0) }) { (turn, commit) throws(RedisError) in
        if turn.round == 0 {
          let waiting = try bench.uncopied()
          most.change { $0 = max($0, waiting) }
        }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.wait(until: "all came", connection) { try bench.copies(0, connection) == names.count * count }
      lanes.stop()
      let came = try Self.came(connection).map(\.name)
      for name in names {
        #expect(came.filter { $0.hasPrefix(name) } == (0..<count).map { "\(name)\($0)" })
        // A look of each, again and again.
        let first = came.prefix(2 * names.count * LaneTimers.mostAtOnce).count { $0.hasPrefix(name) }
        #expect(first >= LaneTimers.mostAtOnce, "\(name) came \(first) times at first")
        #expect(try connection.call("EXISTS", "{0}:\(name)").integer == 0)
      }
      try bench.check()
    }
    #expect((1...LaneTimers.mostAtOnce).contains(most.now), "\(most.now) were waiting")
  }

  @Test func `a clock with a delay comes so much later, and one without any never`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let start = try Self.now(connection)
      for name in ["late", "never", "now"] { try Self.plan(name, 3, from: start, connection) }
      try Self.plan("long", 3, from: start - Self.day, connection)
      let delay = 700
      let lanes = Self.start(
        bench,
        [
          Self.clock("late", delay: .milliseconds(delay)), Self.clock("never", delay: nil), Self.clock("now"),
          Self.clock("long", delay: .seconds(86_400)),
        ])
      try bench.wait(until: "they came", connection) { try bench.copies(0, connection) == 9 }
      lanes.stop()
      let came = try Self.came(connection)
      #expect(
        Set(came.map(\.name))
          == Set(["late", "now", "long"].flatMap { name in (0..<3).map { "\(name)\($0)" } }))
      for (name, time) in came where name.hasPrefix("late") { #expect(time + 1 >= start + delay, "\(name)") }
      #expect(try connection.call("ZCARD", "{0}:never").integer == 3)
      try bench.check()
    }
  }

  @Test func `a clock that is off rests beside the others, and goes on once it is on`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let start = try Self.now(connection)
      for name in ["a", "off"] { try Self.plan(name, 100, from: start - Self.day, connection) }
      let isOn = Mutex(false)
      let lanes = Self.start(bench, [Self.clock("off") { isOn.withLock { $0 } }, Self.clock("a")])
      try bench.wait(until: "the one came", connection) { try bench.copies(0, connection) == 100 }
      #expect(try Self.came(connection).allSatisfy { $0.name.hasPrefix("a") })
      #expect(try connection.call("ZCARD", "{0}:off").integer == 100)
      isOn.withLock { $0 = true }
      try bench.wait(until: "the other came", connection) { try bench.copies(0, connection) == 200 }
      lanes.stop()
      try bench.check()
    }
  }

  @Test func `what a commit plans is on the clock that it names`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = Self.start(bench, [Self.clock("a"), Self.clock("b", delay: nil)]) {
        (turn, commit) throws(RedisError) in
        for entry in turn.batch where entry.value("number") != nil {
          commit.schedule([("both", 1), ("gone", 1)], at: "{0}:a")
          commit.schedule([("both", 1), ("kept", 1)], at: "{0}:b")
          commit.cancel(timers: ["gone"], at: "{0}:a")
          commit.cancel(timers: ["both"], at: "{0}:b")
        }
        return try StepHandler.copy(turn, &commit)
      }
      try connection.call("XADD", "{0}:events", "*", "number", "1")
      try bench.wait(until: "it came", connection) { try bench.copies(0, connection) == 2 }
      lanes.stop()
      #expect(try Self.came(connection).map(\.name) == ["both"])
      #expect(try connection.call("ZRANGE", "{0}:b", "0", "-1").compactMap(\.string) == ["kept"])
      try bench.check()
    }
  }
}
