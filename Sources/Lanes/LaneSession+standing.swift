import Logging
import Market
import Redis

/// Lanes that stand still: they are reported, and reopened with every heartbeat.
extension LaneSession {
  /// How often an unchanged reason is logged again.
  private static let repetition = Duration.seconds(60)

  func stand(_ lane: Lane, because trouble: LaneTrouble) throws(RedisError) {
    lanes.removeAll { $0 === lane }
    try stand(lane.spec, token: lane.token, because: trouble)
  }

  /// Keeps the lease, so that no other replica tries the same, and reports why the lane stands still.
  func stand(_ spec: LaneSpec, token: String, because trouble: LaneTrouble) throws(RedisError) {
    let (name, reason) = (spec.name, trouble.reason)
    standing.append(StandingLane(spec: spec, token: token, trouble: trouble))
    runner.note { $0.halted[name] = reason }
    metrics.stands(runner.state.halted.count)
    if let last = told[name], last.trouble == trouble, .now - last.time < Self.repetition { return }
    told[name] = (trouble, .now)
    runner.logger.critical(
      "the lane stands still",
      metadata: ["lane": "\(name)", "reason": "\(reason)", "remedy": "\(trouble.remedy)"])
  }

  /// Reopens the lanes that stand still. If the cause is fixed, they resume without a restart.
  func lookAgain() throws(RedisError) {
    let waiting = standing
    standing = []
    for lane in waiting {
      guard try keep(lane) else {
        forget(lane.spec.name)
        continue
      }
      // If nobody knows how far a commit got, only a person can decide what to do.
      if case .unknownState = lane.trouble { standing.append(lane) } else { try open(lane) }
    }
  }

  private func open(_ lane: StandingLane) throws(RedisError) {
    let name = lane.spec.name
    try open(lane.spec, token: lane.token, wasOwn: true)
    lanes.first { $0.spec.name == name }?.trouble = lane.trouble.reason
  }

  /// Keeps the lease of a lane that stands still, and the reason for `handover status`. Returns false if the
  /// lease is lost.
  private func keep(_ lane: StandingLane) throws(RedisError) -> Bool {
    let name = lane.spec.name
    do throws(RedisError) {
      return try evaluate(
        LaneHalt.keep, keys: [name.lease, name.halt], lane.token,
        "\(runner.options.lease.milliseconds)", lane.trouble.reason
      ).integer != 0
    } catch {
      // The reason cannot be stored, perhaps due to the same cause. The lease still can be extended.
      _ = try LaneFailure(error, of: name)
      return try evaluate(
        Lease.extend, keys: [name.lease], lane.token, "\(runner.options.lease.milliseconds)"
      ).integer != 0
    }
  }

  /// Records that a lane which stood still has proved that it can continue.
  func goesOn(_ lane: Lane) {
    lane.trouble = nil
    forget(lane.spec.name)
    runner.logger.notice("the lane resumes", metadata: ["lane": "\(lane.spec.name)"])
  }

  /// Drops the recorded trouble of a lane: it is over, or another replica has the lane now.
  func forget(_ name: LaneName) {
    told[name] = nil
    runner.note { $0.halted[name] = nil }
    metrics.stands(runner.state.halted.count)
  }
}
