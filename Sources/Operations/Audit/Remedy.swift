import Keys
import Lanes
import Market
import Redis

/// Something that was lost beside an item that exists, and that follows from it. A fail-over can lose it, as it can
/// be on another node than the item.
///
/// Applying a remedy overwrites nothing that says something else.
package enum Remedy: Hashable, Sendable {
  /// A text that is missing: of a directory entry, or of an inventory's trace.
  case text(key: String, value: String)
  /// A field of a hash that is missing: the tombstone of something that has left, or its entry in the directory.
  case field(key: String, name: String, value: String)
  /// A place in an index of a shard that is missing. Items change only with events, so it holds as long as the
  /// journal ends at the position.
  case place(index: String, member: Int, score: Int, shard: Shard, position: EntryID)
  /// A timer that is missing from the clock of a shard, or has another score; or one to remove, if nothing is due. It
  /// follows from a state, so it holds as long as the journal ends at the position. One that comes too often is
  /// stale and does no harm.
  case timer(clock: String, member: String, due: Moment?, shard: Shard, position: EntryID)
  /// A counter of ids that is lower than an id that a door has given.
  case counter(Entity, atLeast: Int)

  func apply(on connection: any RedisLink) throws(RedisError) {
    switch self {
    case .text(let key, let value): try connection.call("SET", key, value, "NX")
    case .field(let key, let name, let value): try connection.call("HSETNX", key, name, value)
    case .place(let index, let member, let score, let shard, let position):
      _ = try connection.evaluate(
        Self.changing, keys: [index, Key.journal(of: shard)], "\(position)", "ZADD", "NX", "\(score)",
        "\(member)")
    case .timer(let clock, let member, let due, let shard, let position):
      let keys = [clock, Key.journal(of: shard)]
      if let due {
        _ = try connection.evaluate(
          Self.changing, keys: keys, "\(position)", "ZADD", "\(due.milliseconds)", member)
      } else {
        _ = try connection.evaluate(Self.changing, keys: keys, "\(position)", "ZREM", member)
      }
    case .counter(let entity, let least):
      _ = try connection.evaluate(Self.raising, keys: [Key.counter(entity)], "\(least)")
    }
  }

  /// `KEYS`: the sorted set, the journal; `ARGV`: the position at which the journal has to end, the command, and what
  /// follows its key. Returns 0 if the journal has gone on.
  private static let changing = Script(
    """
    local info=redis.pcall('XINFO','STREAM',KEYS[2])
    for i=1,#info,2 do
      if info[i]=='last-generated-id' and info[i+1]==ARGV[1] then
        return redis.call(ARGV[2],KEYS[1],unpack(ARGV,3))
      end
    end
    return 0
    """)
  private static let raising = Script(
    """
    local last=tonumber(redis.pcall('GET',KEYS[1]) or '0')
    if last and last<tonumber(ARGV[1]) then redis.call('SET',KEYS[1],ARGV[1]) return 1 end
    return 0
    """)
}
