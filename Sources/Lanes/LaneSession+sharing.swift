import Logging
import Redis

/// How a session carries out in Redis what its table decides about lanes.
extension LaneSession {
  func release(beyond quota: Int) throws(RedisError) {
    let surplus = table.surplus(beyond: quota)
    for lane in surplus.standing { try release(lane.name, lane.token) }
    for lane in surplus.running {
      if lane.hasMoved { try touch([lane]) }
      try release(lane.name, lane.token)
    }
  }

  private func release(_ name: LaneName, _ token: String) throws(RedisError) {
    table.release(name)
    try onlyFor(name, token) { () throws(RedisError) in
      _ = try connection.evaluate(Lease.release, keys: [name.lease, name.attempts], token)
      runner.logger.debug("released the lane", metadata: ["lane": "\(name)"])
    }
  }

  /// Takes lanes until the share is complete, as far as there are free ones.
  func take(_ share: FairShare) throws(RedisError) {
    let missing = table.missing(from: share)
    if missing.isEmpty { return }
    var owners = Commands()
    for name in missing {
      owners.add("GET", name.lease)
      owners.add("PTTL", name.lease)
    }
    let replies = try connection.exchange(owners)
    // If a lease cannot be read, taking the lane reports why, and learns where its slot has gone: it concerns
    // this lane only.
    let leases = missing.enumerated().map { place, name in
      let owner = replies[2 * place]
      return SeenLease(
        name: name, token: owner.error == nil ? owner.string : nil,
        millisecondsLeft: replies[2 * place + 1].integer ?? 0)
    }
    for (name, former) in table.takings(of: leases, for: share) {
      let token = tokens.make()
      try onlyFor(name, token) { () throws(RedisError) in
        let taken = try connection.evaluate(
          Lease.acquire, keys: [name.lease], token, former, "\(runner.options.lease.milliseconds)")
        if let way = taken.integer, way > 0 { try open(name, token: token, wasOwn: way == 2) }
      }
    }
  }

  /// Commits without a batch: extends the leases and persists the cursors.
  func touch(_ lanes: [Lane]) throws(RedisError) {
    try forEach(lanes, inCommit: true) { (lane) throws(RedisError) in
      Commit(lane: lane.name).call(
        digest: commitDigest, token: lane.token, leaseMilliseconds: runner.options.lease.milliseconds,
        inputs: lane.inputs)
    } _: { (lane, reply) throws(RedisError) in
      try reply.get()
      lane.committed()
    }
  }

  /// Opens the lanes that stand still again. If the cause is fixed, they resume without a restart.
  func lookAgain() throws(RedisError) {
    for lane in table.standing {
      try onlyFor(lane.name, lane.token) { () throws(RedisError) in
        if try !keep(lane) {
          report(table.failed(lane.name, token: lane.token, .fenced, at: .now), of: lane.name)
        } else if lane.isTriedAgain {
          try open(lane.name, token: lane.token, wasOwn: true)
        }
      }
    }
  }

  /// Keeps the lease of a lane that stands still, and the reason and the remedy for `handover status`. Returns false if the
  /// lease is lost.
  private func keep(_ lane: StandingLane) throws(RedisError) -> Bool {
    let name = lane.name
    let lease = "\(runner.options.lease.milliseconds)"
    do throws(RedisError) {
      return try connection.evaluate(
        LaneHalt.keep, keys: [name.lease, name.halt], lane.token, lease, lane.trouble.reason,
        lane.trouble.remedy
      ).integer != 0
    } catch {
      // The reason cannot be stored, perhaps due to the same cause. The lease still can be extended.
      _ = try LaneFailure(error, of: name)
      return try connection.evaluate(Lease.extend, keys: [name.lease], lane.token, lease).integer != 0
    }
  }
}
