import Market
import Redis

/// How a runner takes, keeps and releases its lanes.
extension LaneSession {
  private var replicasKey: String { LaneName.replicas(of: runner.worker) }

  /// Registers this replica as alive, releases lanes beyond its fair share, takes missing ones, renews the
  /// rest.
  func heartbeat() throws(RedisError) {
    let living = try evaluate(
      Lease.join, keys: [replicasKey], runner.replica, "\(runner.options.replicaLifetime.milliseconds)"
    ).compactMap(\.string)
    let share = FairShare(replica: runner.replica, living: living, lanes: runner.lanes.count)
    if held.count > share.quota { try release(held.count - share.quota) }
    try lookAgain()
    if held.count < share.quota { try take(share) }
    try renew()
    try forgiveCrashes(living)
    try trim()
    try measure()
    for lane in lanes where lane.isIdle {
      batchLimits[lane.spec.name] = nil
      if lane.trouble != nil { goesOn(lane) }
    }
    let held = held
    metrics.holds(held)
    runner.note { $0.lanes = held }
  }

  /// Releases all lanes at once.
  func leave() throws(RedisError) {
    try release(held.count)
    try connection.call("ZREM", replicasKey, runner.replica)
    runner.note { $0.lanes = [] }
  }

  /// Releases that many lanes, starting with those that stand still.
  private func release(_ count: Int) throws(RedisError) {
    let first = standing.prefix(count)
    for lane in first {
      standing.removeAll { $0 === lane }
      forget(lane.spec.name)
      try giveBack(lane.spec.name, lane.token)
    }
    for lane in lanes.suffix(count - first.count) {
      if lane.hasMoved { try touch(lane) }
      lanes.removeAll { $0 === lane }
      try giveBack(lane.spec.name, lane.token)
    }
  }

  private func giveBack(_ name: LaneName, _ token: String) throws(RedisError) {
    _ = try evaluate(Lease.release, keys: [name.lease, name.attempts], token)
    runner.logger.debug("released the lane", metadata: ["lane": "\(name)"])
  }

  private func take(_ share: FairShare) throws(RedisError) {
    let mine = Set(held)
    let missing = runner.lanes.filter { !mine.contains($0.name) }
    var owners = Commands()
    for spec in missing {
      owners.add("GET", spec.name.lease)
      owners.add("PTTL", spec.name.lease)
    }
    let replies = try connection.exchange(owners)
    let lease = runner.options.lease.milliseconds
    var free: [(spec: LaneSpec, former: String)] = []
    for (place, spec) in missing.enumerated() {
      // If the lease cannot be read, opening the lane reports why: it concerns this lane only.
      let (owner, left) = (replies[2 * place].string, replies[2 * place + 1].integer ?? 0)
      if owner.map(tokens.made) ?? true || left > 2 * lease { free.append((spec, owner ?? "")) }
    }
    // Replicas that start at the same time try different lanes first.
    let start = free.isEmpty ? 0 : (share.rank ?? 0) * max(1, share.quota) % free.count
    for (spec, former) in (free[start...] + free[..<start]).prefix(share.quota - held.count) {
      let token = tokens.make()
      let taken = try evaluate(Lease.acquire, keys: [spec.name.lease], token, former, "\(lease)")
      if let way = taken.integer, way > 0 { try open(spec, token: token, wasOwn: way == 2) }
    }
  }

  /// Extends the leases of lanes that have not committed for a while, and persists moved cursors.
  private func renew() throws(RedisError) {
    for lane in lanes where lane.hasMoved || .now - lane.extended > runner.options.lease / 3 {
      try touch(lane)
    }
  }

  /// Commits without a batch: extends the lease and persists the cursors.
  func touch(_ lane: Lane) throws(RedisError) {
    var commands = Commands()
    commands.add(
      Commit(lane: lane.spec.name).call(
        digest: commitDigest, token: lane.token,
        leaseMilliseconds: runner.options.lease.milliseconds, inputs: lane.inputs))
    guard let reply = try connection.exchange(commands).first else { return }
    if let error = reply.error {
      try fail(lane, because: error, inCommit: true)
    } else {
      lane.committed()
    }
  }

  /// Trims the streams that the held lanes own. If one cannot be trimmed, its lane continues to work.
  private func trim() throws(RedisError) {
    let retention = runner.options.retention
    for lane in lanes where .now - lane.trimmed > retention.interval {
      lane.trimmed = .now
      do throws(RedisError) {
        for stream in lane.spec.retained {
          _ = try evaluate(
            Retention.script, keys: [stream.key] + stream.cursors, "\(retention.entries)",
            "\(retention.age.milliseconds)")
        }
        if lane.spec.keepsDeadLetters { try trimDeadLetters(of: lane) }
      } catch {
        _ = try LaneFailure(error, of: lane.spec.name)
        runner.logger.warning(
          "a stream could not be trimmed",
          metadata: ["lane": "\(lane.spec.name)", "error": "\(error)"])
      }
    }
  }

  /// Drops the oldest dead letters beyond the retention limits. A metric shows how many there are, well
  /// before any is dropped.
  private func trimDeadLetters(of lane: Lane) throws(RedisError) {
    let retention = runner.options.retention
    let answer = try evaluate(
      Retention.deadLetters, keys: [lane.spec.name.deadLetters], "\(retention.deadLetters)",
      "\(retention.deadLetterAge.milliseconds)")
    metrics.keepsDeadLetters(lane.spec.name, answer[0]?.integer ?? 0)
    guard let dropped = answer[1]?.integer, dropped > 0 else { return }
    metrics.droppedDeadLetters(dropped)
    runner.logger.error(
      "dead letters exceeded their retention and were dropped",
      metadata: ["lane": "\(lane.spec.name)", "letters": "\(dropped)"])
  }

  func evaluate(_ script: Script, keys: [String], _ arguments: String...) throws(RedisError) -> Reply {
    try evaluate(script, keys: keys, arguments, isRetried: false)
  }

  private func evaluate(
    _ script: Script, keys: [String], _ arguments: [String], isRetried: Bool
  ) throws(RedisError) -> Reply {
    var words = RESPWords("EVALSHA", try connection.digest(of: script), "\(keys.count)")
    for word in keys + arguments { words.add(word) }
    let reply = try answer(to: words)
    if isRetried || reply.error?.code != .refused(kind: .noScript) { return try reply.get() }
    // Somebody flushed the scripts: load them again, once.
    connection.forgetScripts()
    return try evaluate(script, keys: keys, arguments, isRetried: true)
  }

  /// Sends a script call whose words already contain the digest.
  @discardableResult
  func evaluate(_ words: RESPWords) throws(RedisError) -> Reply { try answer(to: words).get() }

  private func answer(to words: RESPWords) throws(RedisError) -> Reply {
    var commands = Commands()
    commands.add(words)
    guard let reply = try connection.exchange(commands).first else {
      throw RedisError(.unexpectedReply, "EVALSHA got no reply.")
    }
    return reply
  }
}
