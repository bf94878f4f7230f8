import Logging
import Redis

extension LaneSession {
  /// Trims the streams that the held lanes own. If one cannot be trimmed, its lane continues to work.
  func trim() throws(RedisError) {
    let retention = runner.options.retention
    for lane in table.running where .now - lane.trimmed > retention.interval {
      lane.trimmed = .now
      do throws(RedisError) {
        for stream in lane.spec.retained {
          _ = try connection.evaluate(
            Retention.script, keys: [stream.key] + stream.cursors, "\(retention.entries)",
            "\(retention.age.milliseconds)")
        }
        if lane.spec.keepsDeadLetters { try trimDeadLetters(of: lane) }
      } catch {
        _ = try LaneFailure(error, of: lane.name)
        runner.logger.warning(
          "a stream could not be trimmed",
          metadata: ["lane": "\(lane.name)", "error": "\(error)"])
      }
    }
  }

  /// Drops the oldest dead letters beyond the retention limits. A metric shows how many there are, well
  /// before any is dropped.
  private func trimDeadLetters(of lane: Lane) throws(RedisError) {
    let retention = runner.options.retention
    let answer = try connection.evaluate(
      Retention.deadLetters, keys: [lane.name.deadLetters], "\(retention.deadLetters)",
      "\(retention.deadLetterAge.milliseconds)")
    metrics.keepsDeadLetters(lane.name, answer[0]?.integer ?? 0)
    guard let dropped = answer[1]?.integer, dropped > 0 else { return }
    metrics.droppedDeadLetters(dropped)
    runner.logger.error(
      "dead letters exceeded their retention and were dropped",
      metadata: ["lane": "\(lane.name)", "letters": "\(dropped)"])
  }
}
