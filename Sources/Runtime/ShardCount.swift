import Keys
import Redis

/// The number of shards of the system: decided once and stored in Redis.
package enum ShardCount {
  package static let allowed = 1...Key.shardLimit
  package static let usual = 8
  /// The usual number on a cluster: even on two, three or four masters, and divided well among up to sixteen.
  package static let usualOnCluster = 64

  private static func usual(on redis: RedisDeployment) -> Int {
    switch redis {
    case .single: usual
    case .cluster: usualOnCluster
    }
  }

  /// Returns the stored number, or stores the wanted one.
  ///
  /// Throws if the wanted number differs from the stored one.
  package static func resolve(_ wanted: Int?, on redis: RedisDeployment) throws -> Int {
    let asked = wanted ?? usual(on: redis)
    var commands = Commands()
    commands.add("SET", Key.shardCount, String(asked), "NX", "GET")
    guard let reply = try redis.connect().exchange(commands).first, !reply.isNull else { return asked }
    let known = try reply.shardCount()
    if let wanted, wanted != known {
      throw StartError(
        """
        This Redis was set up with \(known) shards, but \(wanted) are requested (HANDOVER_SHARDS, --shards). \
        The number cannot change once data exists: start with \(known), or omit the setting.
        """)
    }
    return known
  }
}
