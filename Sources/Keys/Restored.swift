import Market
import Redis

/// That the data was restored from a backup, as `handover:epoch` says: what came after `upTo` is gone.
///
/// Whatever a process remembers of the data from before that is wrong: ids that it took, places in streams, states.
public struct Restored: Equatable, Sendable {
  /// Whether it is being restored at this moment. Nobody may work on what is there until then.
  public let isUnderway: Bool
  /// Distinguishes this restore from any other.
  public let id: String
  /// When it was restored.
  public let at: Moment
  /// When the backup began: what was there by then is there again.
  public let upTo: Moment

  /// Reads it; nil if the data never was restored.
  public init?(on link: any RedisLink) throws(RedisError) {
    let found = try link.call("HMGET", Key.epoch, "id", "at", "upTo", "restoring")
    guard let id = found[0]?.string else { return nil }
    self.id = id
    at = found[1]?.string.flatMap { Moment($0) } ?? .unknown
    upTo = found[2]?.string.flatMap { Moment($0) } ?? .unknown
    isUnderway = found[3].map { !$0.isNull } ?? false
  }

  /// Notes that a backup is about to be restored. Returns the name of this restore.
  public static func begin(upTo: Moment, at: Moment, on link: any RedisLink) throws(RedisError) -> String {
    let id = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    try link.call(
      "HSET", Key.epoch, "id", id, "at", "\(at)", "upTo", "\(upTo)", "restoring", "1")
    return id
  }

  /// Notes that it is restored: processes may work on it.
  public static func finish(on link: any RedisLink) throws(RedisError) {
    try link.call("HDEL", Key.epoch, "restoring")
  }
}
