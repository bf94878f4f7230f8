import Market
import Redis

extension LaneSession {
  /// Lets lanes look at their clocks, if something can be due.
  ///
  /// Not while a lane is suspicious: its owners vanish, and more work would only be in the way of finding out why.
  func lookAtTimers() throws(RedisError) {
    let now = ContinuousClock.now
    // One clock of a lane at a time: what that appends has to be read before another one appends more.
    let looking = table.running.filter { lane in
      guard let place = lane.dueClock(at: now) else { return false }
      lane.clock = place
      return true
    }
    try forEach(looking) { (lane) throws(RedisError) in
      let timers = lane.spec.timers[lane.clock]
      var words = RESPWords(
        "EVALSHA", try connection.digest(of: LaneTimers.script), "3", lane.name.lease, timers.key,
        timers.stream, lane.token)
      words.add(LaneTimers.mostAtOnce)
      words.add((timers.delay ?? .zero).milliseconds)
      return words
    } _: { (lane, reply) throws(RedisError) in
      let place = lane.clock
      if reply.error?.code == .refused(kind: .outOfMemory) {
        lane.timers[place].rest(until: .now + LaneTimers.restWhenFull)
        return
      }
      let found = try reply.get()
      lane.timers[place].looked(last: found[1]?.string.flatMap { EntryID($0) }, wait: found[2]?.integer)
      if let count = found[0]?.integer, count > 0 { metrics.cameDue(count) }
    }
  }
}

extension LaneTimers {
  /// Whether the lane looks at them at all.
  var looks: Bool { delay != nil && isOn() }
}

extension Lane {
  /// Returns the place of the clock at which something can be due, the one that waits for the longest time; nil if
  /// there is none, or the lane has not read yet what came due before.
  fileprivate func dueClock(at now: ContinuousClock.Instant) -> Int? {
    guard !isTryingAlone, waitsUntil == nil else { return nil }
    let due = timers.indices.filter { timers[$0].next <= now && spec.timers[$0].looks }
    guard let place = due.min(by: { timers[$0].next < timers[$1].next }) else { return nil }
    let stream = spec.timers[place].stream
    let last = timers.indices.filter { spec.timers[$0].stream == stream }.map { timers[$0].last }.max()
    let isRead = inputs.contains { $0.stream == stream && $0.position >= last ?? .zero }
    return isRead ? place : nil
  }
}
