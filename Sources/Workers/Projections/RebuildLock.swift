import Foundation
import Keys
import Redis

/// Lets one person at a time make read models anew.
///
/// Two at once would undo one another: what the second finds missing the first is just about to write, and what the
/// second takes away the first has written already.
package enum RebuildLock {
  /// How long the lock outlives a holder that crashed.
  private static let lifetime = Duration.seconds(30)

  /// Why the work was not begun, or does not count.
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// Does the work while nobody else does such work. Throws a `Refusal` where somebody does.
  package static func hold<Result>(_ url: RedisURL, _ work: () throws -> Result) throws -> Result {
    let token = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    let connection = try RedisConnection(url)
    let milliseconds = "\(lifetime.components.seconds * 1000)"
    guard try !connection.call("SET", Key.rebuildLock, token, "NX", "PX", milliseconds).isNull else {
      throw Refusal(
        description: """
          A rebuild or a repair runs already: wait until it has ended. If it was killed, it is forgotten \
          \(lifetime.components.seconds) s after that.
          """)
    }
    let (done, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      // An outage that is short enough changes nothing.
      while done.wait(timeout: .now() + lifetime.seconds / 6) == .timedOut {
        _ = try? RedisConnection(url).evaluate(renewal, token, milliseconds)
      }
      ended.signal()
    }
    defer {
      done.signal()
      ended.wait()
    }
    let result = try work()
    guard try RedisConnection(url).evaluate(release, token, milliseconds).integer == 1 else {
      throw Refusal(
        description: "Redis was away for so long that somebody else may have begun meanwhile: do it again.")
    }
    return result
  }

  private static let renewal = Script(
    "return redis.call('GET',KEYS[1])==ARGV[1] and redis.call('PEXPIRE',KEYS[1],ARGV[2]) or 0")
  private static let release = Script(
    "return redis.call('GET',KEYS[1])==ARGV[1] and redis.call('DEL',KEYS[1]) or 0")
}

extension RedisConnection {
  fileprivate func evaluate(
    _ script: Script, _ token: String, _ milliseconds: String
  ) throws(RedisError) -> Reply {
    try call("EVALSHA", digest(of: script), "1", Key.rebuildLock, token, milliseconds)
  }
}
