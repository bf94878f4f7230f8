import Foundation
import Logging
import Redis

/// What an executable does before its actual work: find Redis, check it, and get the number of shards.
package enum Start {
  /// Waits for Redis and returns the number of shards. Throws if waiting cannot help.
  package static func shards(_ url: RedisURL, wanted: Int?, logger: Logger) async throws -> Int {
    var backoff = Backoff()
    while true {
      do {
        let (shards, warnings) = try await onThread {
          let connection = try RedisConnection(url)
          var check = try RedisCheck(connection)
          // A named Redis user has only the granted permissions, which do not include CONFIG GET.
          if url.user == nil { try check.checkSizes(connection) }
          return (try ShardCount.resolve(wanted, on: connection), check.warnings)
        }
        for warning in warnings { logger.warning("\(warning)", metadata: ["redis": "\(url)"]) }
        return shards
      } catch let error as RedisError where error.canRetry {
        logger.warning("waiting for Redis", metadata: ["redis": "\(url)", "error": "\(error)"])
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  /// Runs blocking work on its own thread: the cooperative thread pool must never wait for Redis.
  package static func onThread<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
  }
}
