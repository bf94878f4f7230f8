/// What a runner tells of itself to health checks and metrics.
public struct LaneProgress: Sendable {
  /// The lanes it holds.
  public var lanes: [LaneName] = []
  /// The lanes it must not run, and why.
  public var halted: [LaneName: String] = [:]
  /// When it last came to the end of a pass over its lanes; nil before the first.
  public var lastPass: ContinuousClock.Instant?
  /// Why it has no Redis to work with; nil while it has one.
  public var outage: String?
  /// How many batches it has committed.
  public var commits = 0
  /// How many entries those had.
  public var entries = 0
  /// How many entries of those it put to the dead letters.
  public var deadLetters = 0
  /// How many entries somebody removed before they were read.
  public var removed = 0
  /// How many commits found that another owner has the lane.
  public var fenced = 0
}
