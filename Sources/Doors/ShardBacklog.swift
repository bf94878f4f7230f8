import Keys
import Lanes
import Market
import Redis

/// Which shards take nothing more in for now, because a deciding worker is too far behind in them.
///
/// Read models do not count: that somebody's my page is late is no reason to refuse a deal.
package struct ShardBacklog: Sendable {
  /// How many entries a worker may be behind in a shard, unless it is set.
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

  /// The commands that tell.
  package func ask(_ commands: inout Commands) {
    for lane in lanes { LaneLag.ask(lane.name, lane.streams, &commands) }
  }

  /// The shards that are full, by the replies to `ask`, which it takes off the front.
  package func full(_ replies: inout ArraySlice<Reply>) -> Set<Shard> {
    var full: Set<Shard> = []
    for lane in lanes where LaneLag.receive(lane.streams, &replies) > limit { full.insert(lane.shard) }
    return full
  }
}
