/// A worker bound to one slot: a shard (`{3}`), or an inlet (`{trade.commands}`).
public struct LaneName: Hashable, Sendable, CustomStringConvertible {
  public let worker: String
  /// The hash tag that all the lane's keys carry.
  public let tag: String

  public init(worker: String, tag: String) {
    self.worker = worker
    self.tag = tag
  }

  /// Holds the fencing token of the lane's owner while it is alive.
  public var lease: String { "\(tag):lease:\(worker)" }
  /// Holds, per stream, the last entry whose effects are committed, and how many entries that makes.
  public var cursor: String { "\(tag):cursor:\(worker)" }
  /// Holds where the lane's last owner began, until it gives the lane back: see `Caution`.
  public var attempts: String { "\(tag):attempts:\(worker)" }
  /// Holds why the lane stands still, while it does: see `LaneHalt`.
  public var halt: String { "\(tag):halt:\(worker)" }
  /// Where entries go that cannot be handled.
  public var deadLetters: String { "\(tag):deadletters" }

  /// The living replicas of a worker, a sorted set by the time their word expires.
  public static func replicas(of worker: String) -> String { "replicas:{\(worker)}" }

  public var description: String { "\(worker)\(tag)" }
}
