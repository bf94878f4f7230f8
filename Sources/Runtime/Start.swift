import Foundation
import Logging
import Redis

/// What an executable does before its real work: find Redis and learn how it is laid out.
public enum Start {
  /// Waits for Redis, and gives the number of shards. Throws what waiting cannot mend.
  public static func shards(_ url: RedisURL, wanted: Int?, logger: Logger) async throws -> Int {
    var backoff = Backoff()
    while true {
      do {
        return try await onThread { try ShardCount.resolve(wanted, on: RedisConnection(url)) }
      } catch let error as RedisError where error.canRetry {
        logger.warning("waiting for Redis", metadata: ["redis": "\(url)", "error": "\(error)"])
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  /// Runs blocking work on a thread of its own: the cooperative pool must never wait for Redis.
  public static func onThread<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
  }
}
