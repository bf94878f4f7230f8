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

  typealias Step = @Sendable (Turn, inout Commands, inout Commit) throws(RedisError) -> Void

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

    mutating func next(
      _ replies: [Reply], commands: inout Commands, commit: inout Commit
    ) throws(RedisError) {
      turn.replies = replies
      try step(turn, &commands, &commit)
      turn.round += 1
    }
  }

  /// Copies every entry to the lane's output under a running number in Redis.
  ///
  /// So lost, doubled and misordered entries are visible.
  static let copy: Step = { (turn, commands, commit) throws(RedisError) in
    let counter = "\(turn.lane.tag):copied"
    guard let reply = turn.replies.first else { return commands.add("GET", counter) }
    var number = try reply.get().integer ?? 0
    for entry in turn.batch {
      number += 1
      commit.add {
        $0.add("XADD", "\(turn.lane.tag):output", "*", "number", "\(number)")
        $0.add("stream", "\(entry.stream)", "entry", "\(entry.id)")
      }
    }
    commit.add { $0.add("SET", counter, "\(number)") }
  }
}
