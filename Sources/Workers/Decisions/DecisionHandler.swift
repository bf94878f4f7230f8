import Lanes
import Market

/// The handler of a lane that decides commands and events by the domain's rules.
final class DecisionHandler<Rules: Aggregate>: LaneHandler {
  let shard: Shard
  let streams: [String]
  let policy: Policy
  var states = KnownStates<Rules.State>()

  init(shard: Shard, streams: [String], policy: Policy) {
    self.shard = shard
    self.policy = policy
    self.streams = streams
  }

  var journal: String { streams[0] }

  func begin(_ batch: [Entry]) -> any LaneWork { DecisionWork(batch, in: self) }
}
