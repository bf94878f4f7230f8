import Logging
import Redis

/// Failures of lanes, and what is reported about them.
extension LaneSession {
  /// Stops running a lane that failed. An error from Redis affects only the lane it belongs to.
  ///
  /// - Parameter inCommit: Whether the commit itself was refused.
  func fail(_ lane: Lane, because error: RedisError, inCommit: Bool = false) throws(RedisError) {
    try fail(lane.name, lane.token, because: error, inCommit: inCommit)
  }

  private func fail(
    _ name: LaneName, _ token: String, because error: RedisError, inCommit: Bool = false
  ) throws(RedisError) {
    let failure = try LaneFailure(error, of: name, inCommit: inCommit)
    server.note(error)
    report(table.failed(name, token: token, failure, at: .now), of: name)
  }

  /// Does something for one lane. An error from Redis affects only this lane.
  func onlyFor(
    _ name: LaneName, _ token: String, _ body: () throws(RedisError) -> Void
  ) throws(RedisError) {
    do throws(RedisError) {
      try body()
    } catch {
      try fail(name, token, because: error)
    }
  }

  /// Calls Redis once for each of the lanes, several at a time. What `body` throws affects only its lane.
  func forEach(
    _ lanes: [Lane], inCommit: Bool = false, _ call: (Lane) throws(RedisError) -> RESPWords,
    _ body: (Lane, Reply) throws(RedisError) -> Void
  ) throws(RedisError) {
    // So few that nobody else waits long for Redis.
    let together = 16
    var rest = lanes[...]
    while !rest.isEmpty {
      let some = rest.prefix(together)
      rest = rest.dropFirst(together)
      var commands = Commands()
      for lane in some { commands.add(try call(lane)) }
      for (lane, reply) in zip(some, try connection.exchange(commands)) {
        do throws(RedisError) {
          try body(lane, reply)
        } catch {
          try fail(lane, because: error, inCommit: inCommit)
        }
      }
    }
  }

  /// Lets a lane wait, because the server of something that it needs is away.
  func letWait(_ lane: Lane, because error: RedisError) {
    report(table.failed(lane.name, token: lane.token, .passing(error), at: .now), of: lane.name)
  }

  func stand(_ lane: Lane, because trouble: LaneTrouble) {
    report(table.failed(lane.name, token: lane.token, .trouble(trouble), at: .now), of: lane.name)
  }

  /// Logs and counts what has become of a lane.
  func report(_ report: LaneReport?, of name: LaneName) {
    guard let report else { return }
    noteTroubles()
    switch report {
    case .lost:
      note { $0.fenced += 1 }
      metrics.wasFenced()
      runner.logger.notice("another replica has the lane", metadata: ["lane": "\(name)"])
    case .waits(let error):
      runner.logger.warning("the lane waits", metadata: ["lane": "\(name)", "error": "\(error)"])
    case .stands(let trouble):
      runner.logger.critical(
        "the lane stands still",
        metadata: ["lane": "\(name)", "reason": "\(trouble.reason)", "remedy": "\(trouble.remedy)"])
    case .resumes:
      runner.logger.notice("the lane resumes", metadata: ["lane": "\(name)"])
    }
  }

  /// Shows health checks and metrics which lanes stand still.
  func noteTroubles() {
    let reasons = table.reasons
    note { $0.halted = reasons }
    metrics.stands(reasons.count)
  }
}
