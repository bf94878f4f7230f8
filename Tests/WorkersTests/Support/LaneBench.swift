import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing
import Workers

/// A worker's lane of shard 0 on the test's own Redis.
struct LaneBench {
  let connection: RedisConnection
  let shard = Shard(0)
  let spec: LaneSpec
  private let redis: TestRedis
  private let role: WorkerKind

  /// - Parameter policy: what the worker decides by.
  init(_ role: WorkerKind, on redis: TestRedis, policy: Policy = Policy()) throws {
    self.redis = redis
    self.role = role
    connection = try RedisConnection(redis.url, commandTimeout: Patience.limit + .seconds(10))
    spec = try #require(role.lanes(shards: 1, policy: policy).first { $0.name.tag == Shard(0).tag })
  }

  var journal: String { Key.journal(of: shard) }

  /// Appends an entry. Returns its position.
  @discardableResult
  func add(_ fields: Fields, to stream: String) throws -> String {
    var words = RESPWords("XADD", stream, "*")
    for (name, value) in fields {
      words.add(name)
      words.add(value)
    }
    var commands = Commands()
    commands.add(words)
    return try connection.exchange(commands)[0].get().string ?? ""
  }

  /// Owns the lane while the body runs.
  func own<Result>(_ body: (LaneRunner) throws -> Result) throws -> Result {
    let runner = LaneRunner(
      worker: role.rawValue, lanes: [spec], redis: .single(redis.url),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let thread = Background { runner.run() }
    defer {
      runner.stop()
      #expect(thread.wait(within: Patience.limit) != nil)
    }
    return try body(runner)
  }

  /// Waits for the entries of a stream after a position, and returns them as text.
  func entries(of stream: String, after position: String) throws -> [(id: String, fields: [String])] {
    let found = try connection.call(
      "XREAD", "BLOCK", "\(Patience.limit.components.seconds * 1000)", "STREAMS", stream, position)
    let entries = try #require(found[0]?[1], "nothing came to \(stream)")
    return entries.map { ($0[0]?.string ?? "", $0[1]?.compactMap(\.string) ?? []) }
  }

  /// Waits until the lane stands still. Returns the reason. A runner does not signal this.
  func standsStill(_ runner: LaneRunner) throws -> String {
    let deadline = ContinuousClock.now + Patience.limit
    while ContinuousClock.now < deadline {
      if let reason = runner.state.halted[spec.name] { return reason }
      usleep(5000)
    }
    return try #require(nil as String?, "\(spec.name) does not stand still")
  }
}
