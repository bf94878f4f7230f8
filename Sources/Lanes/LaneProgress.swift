/// What a runner tells of itself to health checks and metrics.
package struct LaneProgress: Sendable {
  /// The lanes it holds.
  package var lanes: [LaneName] = []
  /// The lanes it must not run, and why.
  package var halted: [LaneName: String] = [:]
  /// When it last came to the end of a pass over its lanes; nil before the first.
  package var lastPass: ContinuousClock.Instant?
  /// Why it has no Redis to work with; nil while it has one.
  package var outage: String?
  /// How many batches it has committed.
  package var commits = 0
  /// How many entries those had.
  package var entries = 0
  /// How many entries of those it put to the dead letters.
  package var deadLetters = 0
  /// How many entries somebody removed before they were read.
  package var removed = 0
  /// How many commits found that another owner has the lane.
  package var fenced = 0
}
