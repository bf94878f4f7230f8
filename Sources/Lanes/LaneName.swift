import Redis

/// A worker bound to one slot: a shard (`{3}`) or an inlet (`{trade.commands}`).
public struct LaneName: Hashable, Sendable, CustomStringConvertible {
  public let worker: String
  /// The hash tag of all the lane's keys.
  public let tag: String

  public init(worker: String, tag: String) {
    self.worker = worker
    self.tag = tag
  }

  /// The slot of all its keys in a cluster.
  var slot: HashSlot { HashSlot(of: lease) }

  /// The key that holds the owner's fencing token while the owner is alive.
  public var lease: String { "\(tag):lease:\(worker)" }
  /// The key that holds, per stream, the last committed entry and the number of entries read up to it.
  public var cursor: String { "\(tag):cursor:\(worker)" }
  /// The key that holds where the last owner started, until it releases the lane. See `CrashGuard`.
  public var attempts: String { "\(tag):attempts:\(worker)" }
  /// The key that holds why the lane stands still, while it does. See `LaneHalt`.
  public var halt: String { "\(tag):halt:\(worker)" }
  /// The stream for entries that cannot be handled.
  public var deadLetters: String { "\(tag):deadletters" }

  /// Returns the key of a worker's living replicas: a sorted set, scored by when each heartbeat expires.
  public static func replicas(of worker: String) -> String { "replicas:{\(worker)}" }

  public var description: String { "\(worker)\(tag)" }
}
