import Lanes
import Market

/// A lane of a worker that decides commands and events by the domain's rules.
final class DecisionHandler<Rules: Aggregate>: LaneHandler {
  private let shard: Shard
  private let streams: [String]

  init(shard: Shard, streams: [String]) {
    self.shard = shard
    self.streams = streams
  }

  func begin(_ batch: [Entry]) -> any LaneWork {
    DecisionWork<Rules>(shard: shard, streams: streams, batch: batch)
  }
}
