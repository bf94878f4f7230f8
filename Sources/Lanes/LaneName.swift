/// A worker bound to one slot: a shard (`{3}`), or an inlet (`{trade.commands}`).
package struct LaneName: Hashable, Sendable, CustomStringConvertible {
  package let worker: String
  /// The hash tag that all the lane's keys carry.
  package let tag: String

  package init(worker: String, tag: String) {
    self.worker = worker
    self.tag = tag
  }

  /// Holds the fencing token of the lane's owner while it is alive.
  package var lease: String { "\(tag):lease:\(worker)" }
  /// Holds, per stream, the last entry whose effects are committed, and how many entries that makes.
  package var cursor: String { "\(tag):cursor:\(worker)" }
  /// Holds where the lane's last owner began, until it gives the lane back: see `Caution`.
  package var attempts: String { "\(tag):attempts:\(worker)" }
  /// Holds why the lane stands still, while it does: see `LaneHalt`.
  package var halt: String { "\(tag):halt:\(worker)" }
  /// Where entries go that cannot be handled.
  package var deadLetters: String { "\(tag):deadletters" }

  /// The living replicas of a worker, a sorted set by the time their word expires.
  package static func replicas(of worker: String) -> String { "replicas:{\(worker)}" }

  package var description: String { "\(worker)\(tag)" }
}
