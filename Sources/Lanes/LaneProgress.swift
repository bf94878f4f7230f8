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
}
