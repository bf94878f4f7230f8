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
    let shard: Shard
    let name: LaneName
    let streams: [String]
  }

  private let limit: Int
  private let lanes: [Lane]

  package init(shards: Int, limit: Int) {
    self.limit = limit
    lanes = (0..<shards).flatMap { index in
      DecidingWorker.allCases.map { worker in
        let shard = Shard(index)
        return Lane(
          shard: shard, name: LaneName(worker: worker.rawValue, tag: shard.tag),
          streams: [Key.journal(of: shard), Key.commands(worker, in: shard)])
      }
    }
  }

  /// Adds the commands that ask for the lag of all deciding workers.
  package func ask(_ commands: inout Commands) {
    for lane in lanes { LaneLag.ask(lane.name, lane.streams, &commands) }
  }

  /// Returns the full shards from the replies to `ask`, which it removes from the front.
  package func full(_ replies: inout ArraySlice<Reply>) -> Set<Shard> {
    var full: Set<Shard> = []
    for lane in lanes where LaneLag.receive(lane.streams, &replies) > limit { full.insert(lane.shard) }
    return full
  }
}
