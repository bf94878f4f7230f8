import Foundation
import Redis
import Testbed

/// A key of a shard that is unusable for a while: a commit that touches it must fail as a whole, and succeed
/// once the key is repaired.
struct BrokenKey {
  private let key: String
  private let redis: TestServers

  init(_ key: String, in redis: TestServers) {
    self.key = key
    self.redis = redis
  }

  func make() throws {
    try run(
      """
      if redis.call('EXISTS',KEYS[1])==1 then redis.call('RENAME',KEYS[1],KEYS[2]) end
      redis.call('SET',KEYS[1],'broken')
      """)
  }

  /// Restores the key, however often Redis becomes unavailable meanwhile.
  func mend() {
    while true {
      do {
        return try run(
          """
          if redis.call('TYPE',KEYS[1]).ok=='string' then redis.call('DEL',KEYS[1]) end
          if redis.call('EXISTS',KEYS[2])==1 then redis.call('RENAME',KEYS[2],KEYS[1]) end
          """)
      } catch {
        Thread.sleep(forTimeInterval: 0.05)
      }
    }
  }

  private func run(_ script: String) throws {
    try redis.connect().call("EVAL", script, "2", key, "kept:\(key)")
  }
}
