import Lanes
import Market
import Redis

/// A handler whose steps are defined by the test. It lives as long as its runner holds the lane.
final class StepHandler: LaneHandler {
  /// The progress of a batch.
  struct Turn {
    let lane: LaneName
    let batch: [Entry]
    var round = 0
    var replies: [Reply] = []
  }

  typealias Step = @Sendable (Turn, inout Commit) throws(RedisError) -> LaneStep

  private let lane: LaneName
  private let step: Step
  private let onEnd: () -> Void

  init(_ lane: LaneName, step: @escaping Step, onEnd: @escaping () -> Void) {
    self.lane = lane
    self.step = step
    self.onEnd = onEnd
  }

  deinit { onEnd() }

  func begin(_ batch: [Entry]) -> any LaneWork {
    Work(turn: Turn(lane: lane, batch: batch), step: step)
  }

  private struct Work: LaneWork {
    var turn: Turn
    let step: Step

    mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
      turn.replies = replies
      defer { turn.round += 1 }
      return try step(turn, &commit)
    }
  }

  /// Copies every entry to the lane's output under a running number in Redis.
  ///
  /// So lost, doubled and misordered entries are visible.
  static let copy: Step = { (turn, commit) throws(RedisError) in
    let counter = "\(turn.lane.tag):copied"
    guard let reply = turn.replies.first else { return .ask(Commands("GET", counter)) }
    var number = try reply.get().integer ?? 0
    for entry in turn.batch {
      number += 1
      commit.add {
        $0.add("XADD", "\(turn.lane.tag):output", "*", "number", "\(number)")
        $0.add("stream", "\(entry.stream)", "entry", "\(entry.id)")
      }
    }
    commit.add { $0.add("SET", counter, "\(number)") }
    return .commit
  }
}
