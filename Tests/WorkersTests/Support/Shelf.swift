import Logging
import Market
import Redis
import Testbed

@testable import Lanes
@testable import Workers

/// A Redis of a test's own, on which projections are run without lanes.
struct Shelf {
  let redis: TestRedis
  let connection: RedisConnection
  let shard = Shard(3)

  init() throws {
    redis = try TestRedis()
    connection = try redis.connect()
  }

  /// Runs one batch through a projection, up to its commit.
  func apply<Model: Projection>(_ model: Model.Type, _ events: [JournalEvent]) throws {
    let script = MypageProjection.script
    let digests = [script: try connection.digest(of: script)]
    var run = ProjectionRun(Model(shard: shard, digests: digests, isReplay: false), events)
    var commit = Commit(lane: LaneName(worker: "test", tag: shard.tag))
    var replies: [Reply] = []
    while true {
      var commands = Commands()
      try run.next(replies, commands: &commands, commit: &commit)
      if commands.isEmpty { return }
      replies = try connection.exchange(commands)
    }
  }

  /// The names and values of a hash.
  func hash(_ key: String) throws -> [String: String] { try connection.call("HGETALL", key).pairs }

  /// The members of a sorted set, each followed by its score.
  func list(_ key: String) throws -> [String] {
    try connection.call("ZRANGE", key, "0", "-1", "WITHSCORES").compactMap(\.string)
  }
}
