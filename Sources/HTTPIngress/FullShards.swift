import Doors
import Lanes
import Logging
import Redis
import Synchronization

/// Watches how far the deciding workers are behind. A shard that cannot keep up admits no more commands.
final class FullShards: Sendable {
  private let redis: RedisClient
  private let backlog: ShardBacklog
  private let full = Mutex<Set<Shard>>([])

  init(redis: RedisClient, backlog: ShardBacklog) {
    self.redis = redis
    self.backlog = backlog
  }

  func isFull(_ shard: Shard) -> Bool { full.withLock { $0.contains(shard) } }

  /// Checks twice a second until canceled. While Redis is unavailable, the last result stands.
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
        logger.notice("the shard accepts commands again", metadata: ["shard": "\(shard.index)"])
      }
    }
  }

  private func look() async throws(RedisError) -> Set<Shard> {
    var ask = Commands()
    backlog.ask(&ask)
    var replies = try await redis.send(ask)[...]
    return backlog.full(&replies)
  }
}
