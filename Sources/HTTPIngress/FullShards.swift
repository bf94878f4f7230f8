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

  /// Checks twice a second until canceled. What cannot be learnt about a shard stays as it was.
  func watch(logger: Logger) async throws {
    while true {
      try await Task.sleep(for: .milliseconds(500))
      for (shard, isFull) in await look() {
        let wasFull = full.withLock { full in
          isFull ? !full.insert(shard).inserted : full.remove(shard) != nil
        }
        if isFull, !wasFull {
          logger.warning(
            "the shard is full: its workers are too far behind", metadata: ["shard": "\(shard.index)"])
        } else if wasFull, !isFull {
          logger.notice("the shard accepts commands again", metadata: ["shard": "\(shard.index)"])
        }
      }
    }
  }

  /// Returns which shards are full and which are not.
  private func look() async -> [(shard: Shard, isFull: Bool)] {
    let questions = backlog.shards.map { shard in
      var ask = Commands()
      backlog.ask(shard, &ask)
      return ask
    }
    return zip(backlog.shards, await redis.sendEach(questions)).compactMap { shard, answer in
      guard var replies = try? answer.get()[...] else { return nil }
      return backlog.isFull(shard, &replies).map { (shard, $0) }
    }
  }
}
