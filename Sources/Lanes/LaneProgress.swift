import Redis

/// What a runner reports to health checks and metrics.
public struct LaneProgress: Sendable {
  /// The lanes it holds.
  public var lanes: [LaneName] = []
  /// The lanes that stand still, and why.
  public var halted: [LaneName: String] = [:]
  /// When it last completed a pass over its lanes; nil before the first.
  public var lastPass: ContinuousClock.Instant?
  /// Why Redis cannot be used; nil while it can.
  public var outage: String?
  /// How many batches it has committed.
  public var commits = 0
  /// How many entries these batches had.
  public var entries = 0
  /// How many of these entries it put to the dead letters.
  public var deadLetters = 0
  /// How many entries were removed before they were read.
  public var removed = 0
  /// How many times it lost a lane to another owner.
  public var fenced = 0

  fileprivate mutating func count(_ other: LaneProgress) {
    commits += other.commits
    entries += other.entries
    deadLetters += other.deadLetters
    removed += other.removed
    fenced += other.fenced
  }
}

/// The progress of a runner's sessions.
struct RunnerProgress: Sendable {
  /// By the node of a cluster; nil stands for the only server.
  var sessions: [RedisNode?: LaneProgress] = [:]
  /// What the sessions counted that have ended.
  private var ended = LaneProgress()

  /// Ends the sessions on a server. What they counted stays.
  mutating func end(_ node: RedisNode?) {
    guard let last = sessions.removeValue(forKey: node) else { return }
    ended.count(last)
  }

  /// The progress of all sessions. They are as late as the latest of them.
  var whole: LaneProgress {
    var whole = ended
    let all = sessions.sorted { "\($0.key?.description ?? "")" < "\($1.key?.description ?? "")" }.map(\.value)
    for one in all {
      whole.count(one)
      whole.lanes += one.lanes
      whole.halted.merge(one.halted) { first, _ in first }
      whole.outage = whole.outage ?? one.outage
    }
    let passes = all.map(\.lastPass)
    whole.lastPass = passes.contains(nil) ? nil : passes.compactMap(\.self).min()
    return whole
  }
}
