import Keys
import Lanes
import Market
import Redis

/// Back-pressure: determines which shards accept no commands for now, because a deciding worker is too far
/// behind.
///
/// Read models do not count: a late my page is no reason to refuse a deal.
package struct ShardBacklog: Sendable {
  /// The default limit of entries that a worker can be behind in a shard.
  package static let usualLimit = 100_000

  private struct Lane {
    let name: LaneName
    let streams: [String]
  }

  package let shards: [Shard]
  private let limit: Int
  /// By the number of the shard.
  private let lanes: [[Lane]]

  package init(shards: Int, limit: Int) {
    self.shards = (0..<shards).map { Shard($0) }
    self.limit = limit
    lanes = self.shards.map { shard in
      DecidingWorker.allCases.map { worker in
        Lane(
          name: LaneName(worker: worker.rawValue, tag: shard.tag),
          streams: [Key.journal(of: shard), Key.commands(worker, in: shard)])
      }
    }
  }

  /// Adds the commands that ask for the lag of all deciding workers.
  package func ask(_ commands: inout Commands) {
    for shard in shards { ask(shard, &commands) }
  }

  /// Returns the full shards from the replies to `ask`, which it removes from the front.
  package func full(_ replies: inout ArraySlice<Reply>) -> Set<Shard> {
    Set(shards.filter { isFull($0, &replies) == true })
  }

  /// Adds the commands that ask for the lag of a shard's deciding workers.
  package func ask(_ shard: Shard, _ commands: inout Commands) {
    for lane in lanes[shard.index] { LaneLag.ask(lane.name, lane.streams, &commands) }
  }

  /// Returns whether a shard is full, from the replies to `ask`, which it removes from the front; nil if they
  /// do not tell, because Redis cannot answer at present.
  package func isFull(_ shard: Shard, _ replies: inout ArraySlice<Reply>) -> Bool? {
    let lanes = lanes[shard.index]
    let own = replies.prefix(lanes.reduce(0) { $0 + 1 + $1.streams.count })
    let lags = lanes.map { LaneLag.receive($0.streams, &replies) }
    if own.contains(where: { $0.error?.canRetry == true }) { return nil }
    return lags.contains { $0 > limit }
  }
}
