import Keys
import Market
import Redis
import Testbed

@testable import Lanes
@testable import Workers

/// The test's own Redis, on which projections run without lanes.
struct Shelf {
  let redis: TestRedis
  let connection: RedisConnection
  let shard = Shard(3)
  private let lane = LaneName(worker: "test", tag: Shard(3).tag)
  private let token = "shelf:1"

  init() throws {
    redis = try TestRedis()
    connection = try redis.connect()
    try connection.call("SET", lane.lease, token)
  }

  /// Runs one batch through a projection.
  ///
  /// - Parameters:
  ///   - owner: the owner of the lane; by default, a new one for every batch.
  ///   - commits: whether the batch reaches its commit.
  func apply<Model: Projection>(
    _ model: Model.Type, _ events: [JournalEvent], by owner: ProjectionLane? = nil, isReplay: Bool = false,
    commits: Bool = true
  ) throws {
    let model = Model(in: owner ?? ProjectionLane(shard: shard), isReplay: isReplay)
    var run = ProjectionRun(model, events)
    var commit = Commit(lane: lane)
    var replies: [Reply] = []
    while let commands = try run.next(replies, commit: &commit).commands {
      replies = try connection.exchange(commands)
    }
    guard commits else { return }
    var commands = Commands()
    commands.add(
      commit.call(
        digest: try connection.digest(of: Commit.script), token: token, leaseMilliseconds: 60_000, inputs: [])
    )
    for reply in try connection.exchange(commands) { try reply.get() }
  }

  /// Returns the names and values of a hash.
  func hash(_ key: String) throws -> [String: String] { try connection.call("HGETALL", key).pairs }

  /// Returns the reservation's row on my page.
  func row(_ reserveid: Int = 7) throws -> String? {
    try connection.call("HGET", Key.mypageRows(of: reserveid, in: shard), "\(reserveid)").string
  }

  /// Returns the members of a sorted set, each followed by its score.
  func list(_ key: String) throws -> [String] {
    try connection.call("ZRANGE", key, "0", "-1", "WITHSCORES").compactMap(\.string)
  }
}

extension LaneStep {
  /// What it asks, if it does.
  var commands: Commands? {
    switch self {
    case .ask(let commands), .askAnywhere(let commands): commands
    case .commit: nil
    }
  }
}
