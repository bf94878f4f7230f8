import Foundation
import Keys
import Logging
import Redis
import Workers

/// What an executable does before its actual work: find Redis, check it, and get the number of shards.
package enum Start {
  /// What every executable works on.
  package struct System: Sendable {
    package let redis: RedisDeployment
    package let shards: Int
    /// The format in which the process writes, kept up to date by `SystemWatch`.
    package let format: WrittenFormat
    /// The last restore of the data from a backup; nil if there was none.
    package let restored: Restored?
  }

  /// The data is being restored from a backup.
  private struct Restoring: Error {}

  /// Waits for Redis, checks it and gets the number of shards. Throws if waiting cannot help.
  package static func system(_ url: RedisURL, wanted: Int?, logger: Logger) async throws -> System {
    var backoff = Backoff()
    while true {
      do {
        let (system, warnings) = try await onThread {
          let redis = try RedisDeployment(of: url)
          // A named Redis user has only the granted permissions, which do not include CONFIG GET.
          let findings = try RedisCheck.findings(on: redis, readsConfiguration: url.user == nil)
          if let obstacle = findings.first(where: \.preventsStart) { throw StartError(obstacle.text) }
          let warnings = findings.filter { $0.severity != .ok }.map(\.text)
          let restored = try Restored(on: redis.connect())
          if restored?.isUnderway == true { throw Restoring() }
          let shards = try ShardCount.resolve(wanted, on: redis)
          let format = try FormatState(on: redis.connect())
          if let obstacle = format.obstacle { throw StartError(obstacle) }
          let written = WrittenFormat(format.writes)
          return (System(redis: redis, shards: shards, format: written, restored: restored), warnings)
        }
        for warning in warnings { logger.warning("\(warning)", metadata: ["redis": "\(url)"]) }
        return system
      } catch is Restoring {
        logger.warning(
          "waiting until a backup is restored; if that was interrupted, run handover backup restore again",
          metadata: ["redis": "\(url)"])
        try await Task.sleep(for: backoff.next())
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
