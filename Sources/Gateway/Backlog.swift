import Lanes
import Layout
import Logging
import Market
import Redis
import Synchronization

/// Watches how far the deciding workers are behind, so that a shard which cannot keep up takes nothing more in.
///
/// Read models do not count: that somebody's my page is late is no reason to refuse a deal.
final class Backlog: Sendable {
  private struct Lane {
    let shard: Shard
    let name: LaneName
    let streams: [String]
  }

  private let redis: RedisClient
  private let limit: Int
  private let lanes: [Lane]
  private let full = Mutex<Set<Shard>>([])

  /// - Parameter limit: how many entries one worker may be behind in one shard.
  init(redis: RedisClient, shards: Int, limit: Int) {
    self.redis = redis
    self.limit = limit
    lanes = (0..<shards).flatMap { index in
      Worker.allCases.map { worker in
        let shard = Shard(index)
        return Lane(
          shard: shard, name: LaneName(worker: worker.rawValue, tag: shard.tag),
          streams: [Key.journal(of: shard), Key.commands(worker, in: shard)])
      }
    }
  }

  func isFull(_ shard: Shard) -> Bool { full.withLock { $0.contains(shard) } }

  /// Looks twice a second, until it is cancelled. What it cannot learn while Redis is away stays as it was.
  func watch(logger: Logger) async throws {
    while true {
      try await Task.sleep(for: .milliseconds(500))
      guard let now = try? await look() else { continue }
      let before = full.withLock { full in
        defer { full = now }
        return full
      }
      for shard in now.subtracting(before) {
        logger.warning(
          "the shard is full: its workers are too far behind", metadata: ["shard": "\(shard.index)"])
      }
      for shard in before.subtracting(now) {
        logger.notice("the shard takes commands again", metadata: ["shard": "\(shard.index)"])
      }
    }
  }

  private func look() async throws(RedisError) -> Set<Shard> {
    var ask = Commands()
    for lane in lanes { LaneLag.ask(lane.name, lane.streams, &ask) }
    var replies = try await redis.send(ask)[...]
    var full: Set<Shard> = []
    for lane in lanes where LaneLag.hear(lane.streams, &replies) > limit { full.insert(lane.shard) }
    return full
  }
}
