import Market
import Redis

extension LaneSession {
  /// Lets lanes look at their timers, if something can be due.
  ///
  /// Not while a lane is suspicious: its owners vanish, and more work would only be in the way of finding out why.
  func lookAtTimers() throws(RedisError) {
    let now = ContinuousClock.now
    let looking = table.running.filter { lane in
      guard let watch = lane.timers, let stream = lane.spec.timers?.stream, watch.next <= now,
        !lane.isTryingAlone, lane.waitsUntil == nil
      else { return false }
      return lane.inputs.contains { $0.stream == stream && $0.position >= watch.last }
    }
    try forEach(looking) { (lane) throws(RedisError) in
      var words = RESPWords("EVALSHA", try connection.digest(of: LaneTimers.script), "3", lane.name.lease)
      for key in [lane.spec.timers?.key, lane.spec.timers?.stream] { words.add(key ?? "") }
      words.add(lane.token)
      words.add(LaneTimers.mostAtOnce)
      return words
    } _: { (lane, reply) throws(RedisError) in
      if reply.error?.code == .refused(kind: .outOfMemory) {
        lane.timers?.rest(until: .now + LaneTimers.restWhenFull)
        return
      }
      let found = try reply.get()
      lane.timers?.looked(last: found[1]?.string.flatMap { EntryID($0) }, wait: found[2]?.integer)
      if let count = found[0]?.integer, count > 0 { metrics.cameDue(count) }
    }
  }
}
