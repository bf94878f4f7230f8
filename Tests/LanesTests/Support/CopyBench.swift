import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing

/// A Redis with lanes of two streams each, and runners that copy entries to an output stream.
final class CopyBench: Sendable {
  let redis: TestRedis
  let lanes: [LaneName]
  /// The lanes that each runner holds; runners without lanes are absent.
  let holders = Watched<[String: Set<LaneName>]>([:])

  private init(_ redis: TestRedis, lanes count: Int) {
    self.redis = redis
    lanes = (0..<count).map { LaneName(worker: "copy", tag: Shard($0).tag) }
  }

  static func with(
    lanes: Int, _ options: [String] = [], work: @escaping @Sendable (CopyBench) throws -> Void
  ) async throws {
    try await TestRedis.with(options) { redis in try work(CopyBench(redis, lanes: lanes)) }
  }

  func streams(of lane: LaneName) -> [String] { ["\(lane.tag):events", "\(lane.tag):commands"] }
  func output(of lane: LaneName) -> String { "\(lane.tag):output" }
  func timers(of lane: LaneName) -> LaneTimers {
    LaneTimers(key: "\(lane.tag):timers", stream: "\(lane.tag):commands")
  }

  func runner(
    _ name: String = "a", _ options: LaneOptions = .brisk, inlets: Bool = false, timers: Bool = false,
    writes: [LaneName: [LaneWrite]] = [:], step: @escaping StepHandler.Step = StepHandler.copy
  ) -> LaneRunner {
    let specs = lanes.map { lane in
      LaneSpec(
        name: lane, streams: streams(of: lane), writes: writes[lane] ?? [], isInlet: inlets,
        keepsDeadLetters: inlets, timers: timers ? [self.timers(of: lane)] : []
      ) { [holders] in
        holders.change { $0[name, default: []].insert(lane) }
        return StepHandler(lane, step: step) {
          holders.change {
            $0[name]?.remove(lane)
            if $0[name]?.isEmpty == true { $0[name] = nil }
          }
        }
      }
    }
    return LaneRunner(
      worker: "copy", lanes: specs, redis: .single(redis.url), options: options,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  func start(
    _ name: String = "a", _ options: LaneOptions = .brisk, inlets: Bool = false, timers: Bool = false,
    writes: [LaneName: [LaneWrite]] = [:], step: @escaping StepHandler.Step = StepHandler.copy
  ) -> RunningLanes {
    RunningLanes(runner(name, options, inlets: inlets, timers: timers, writes: writes, step: step))
  }

  /// Adds entries to every stream of every lane, in turn.
  func fill(_ count: Int) throws {
    var commands = Commands()
    for number in 0..<count {
      for stream in lanes.flatMap(streams) { commands.add("XADD", stream, "*", "number", "\(number)") }
    }
    for reply in try redis.connect().exchange(commands) { try reply.get() }
  }

  /// Waits briefly for the next copy.
  func awaitNextCopy() throws {
    var words = RESPWords("XREAD", "BLOCK", "200", "STREAMS")
    for lane in lanes { words.add(output(of: lane)) }
    for _ in lanes { words.add("$") }
    try redis.connect().call(words)
  }

  /// Waits until there are as many copies as entries, despite any trouble.
  func awaitCopies(within limit: Duration = Patience.limit) throws {
    let deadline = ContinuousClock.now + limit
    var positions = lanes.map { (stream: output(of: $0), id: "0") }
    var left: Int?
    while left != 0 {
      do {
        let connection = try redis.connect()
        left =
          try left ?? lanes.flatMap(streams).reduce(0) { try $0 + (connection.call("XLEN", $1).integer ?? 0) }
        while let missing = left, missing > 0 {
          try #require(ContinuousClock.now < deadline, "\(missing) entries were not copied in time")
          var words = RESPWords("XREAD", "BLOCK", "200", "STREAMS")
          for position in positions { words.add(position.stream) }
          for position in positions { words.add(position.id) }
          for stream in try connection.call(words) {
            let entries = Array(try #require(stream[1]))
            let index = try #require(positions.firstIndex { $0.stream == stream[0]?.string })
            positions[index].id = try #require(entries.last?[0]?.string)
            left = max(0, (left ?? 0) - entries.count)
          }
        }
      } catch let error as RedisError where error.canRetry && ContinuousClock.now < deadline {}
    }
  }

  /// Checks that every entry was copied exactly once, in order, and that all groups agree.
  func check() throws {
    let connection = try redis.connect()
    for lane in lanes {
      let copies = Array(try connection.call("XRANGE", output(of: lane), "-", "+"))
      let numbers = copies.map { $0[1]?[1]?.integer }
      #expect(numbers == Array(1...max(1, copies.count)).prefix(copies.count).map(Optional.some), "\(lane)")
      for (index, stream) in streams(of: lane).enumerated() {
        let entries = Array(try connection.call("XRANGE", stream, "-", "+")).map { $0[0]?.string }
        let copied = copies.filter { $0[1]?[3]?.string == "\(index)" }.map { $0[1]?[5]?.string }
        #expect(copied == entries, "\(stream) was not copied exactly once and in order")
        let group = try Group(lane.worker, of: stream, connection)
        let wanted = Group(read: entries.count, lag: 0, last: entries.last.flatMap { $0 } ?? "0-0")
        #expect(group == wanted, "\(stream)")
      }
    }
  }
}
