import Foundation
import Keys
import Lanes
import Redis

/// Ensures that only one rebuild, repair, balance of a cluster, export of the archive or forgetting runs at a time.
///
/// Two at once would undo each other's work: the second would find missing what the first is about to write,
/// and would remove what the first has already written; or would move a slot that the first is moving.
package enum RebuildLock {
  /// How long the lock outlives a crashed holder.
  private static let lifetime = Duration.seconds(30)

  /// Why the work was not started, or has to be repeated.
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// Holds the lock while doing the work. Throws a `Refusal` if somebody else holds it.
  package static func hold<Result>(
    on redis: RedisDeployment, _ work: () throws -> Result
  ) throws -> Result {
    let token = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    let connection = try redis.connect()
    let milliseconds = "\(lifetime.components.seconds * 1000)"
    guard try !connection.call("SET", Key.rebuildLock, token, "NX", "PX", milliseconds).isNull else {
      throw Refusal(
        description: """
          A rebuild, a repair, a balance, an archive or a forget-user is already running: wait until it ends. If it was killed, its lock expires \
          \(lifetime.components.seconds) s after that.
          """)
    }
    let (done, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      // The lock survives a short outage.
      while done.wait(timeout: .now() + lifetime.seconds / 6) == .timedOut {
        _ = try? redis.connect().evaluate(renewal, keys: [Key.rebuildLock], token, milliseconds)
      }
      ended.signal()
    }
    defer {
      done.signal()
      ended.wait()
    }
    let result = Swift.Result { try work() }
    // Also after a failure, so that whoever corrects its cause need not wait.
    let released = Swift.Result {
      try redis.connect().evaluate(release, keys: [Key.rebuildLock], token).integer == 1
    }
    let value = try result.get()
    guard try released.get() else {
      throw Refusal(
        description: "Redis was away for so long that another one can have started: run it again.")
    }
    return value
  }

  private static let renewal = Script(
    "return redis.call('GET',KEYS[1])==ARGV[1] and redis.call('PEXPIRE',KEYS[1],ARGV[2]) or 0")
  private static let release = Script(
    "return redis.call('GET',KEYS[1])==ARGV[1] and redis.call('DEL',KEYS[1]) or 0")
}
