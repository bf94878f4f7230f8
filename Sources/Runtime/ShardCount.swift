import Keys
import Redis

/// How many shards the system has: decided once, and kept in Redis.
package enum ShardCount {
  package static let allowed = 1...Key.shardLimit
  private static let usual = 8

  /// Gives the number that Redis remembers, or makes it remember the wanted one.
  ///
  /// Throws where another number is wanted than the data was laid out with.
  package static func resolve(_ wanted: Int?, on connection: RedisConnection) throws -> Int {
    let asked = wanted ?? usual
    var commands = Commands()
    commands.add("SET", Key.shardCount, String(asked), "NX", "GET")
    guard let reply = try connection.exchange(commands).first, !reply.isNull else { return asked }
    let known = try reply.shardCount()
    if let wanted, wanted != known {
      throw StartError(
        """
        This Redis was laid out with \(known) shards, but \(wanted) are asked for (HANDOVER_SHARDS, --shards). \
        The number cannot change under data: start with \(known), or leave the setting out.
        """)
    }
    return known
  }
}
