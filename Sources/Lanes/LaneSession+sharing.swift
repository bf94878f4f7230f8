import Market
import Redis

/// How a runner comes by its lanes and gives them up.
extension LaneSession {
  private var replicasKey: String { LaneName.replicas(of: runner.worker) }

  /// Says that this replica lives, gives up what is more than its share, takes what it lacks, keeps the rest.
  func heartbeat() throws(RedisError) {
    let living = try evaluate(
      Lease.join, keys: [replicasKey], runner.replica, "\(runner.options.replicaLifetime.milliseconds)"
    ).compactMap(\.string)
    let share = FairShare(replica: runner.replica, living: living, lanes: runner.lanes.count)
    if lanes.count > share.quota { try release(lanes.suffix(lanes.count - share.quota)) }
    if lanes.count < share.quota { try take(share) }
    try renew()
    try calmDown(living)
    try trim()
    try measure()
    let held = lanes.map(\.spec.name)
    metrics.holds(held)
    runner.note { $0.lanes = held }
  }

  /// Gives all lanes back at once.
  func leave() throws(RedisError) {
    try release(lanes[...])
    try connection.call("ZREM", replicasKey, runner.replica)
    runner.note { $0.lanes = [] }
  }

  private func release(_ surplus: ArraySlice<Lane>) throws(RedisError) {
    for lane in surplus {
      if lane.hasMoved { try touch(lane) }
      lanes.removeAll { $0 === lane }
      let name = lane.spec.name
      _ = try evaluate(Lease.release, keys: [name.lease, name.attempts], lane.token)
      runner.logger.debug("gave the lane back", metadata: ["lane": "\(name)"])
    }
  }

  private func take(_ share: FairShare) throws(RedisError) {
    let held = Set(lanes.map(\.spec.name))
    let missing = runner.lanes.filter { !held.contains($0.name) && halted[$0.name] == nil }
    var owners = Commands()
    for spec in missing { owners.add("GET", spec.name.lease) }
    var free: [(spec: LaneSpec, former: String)] = []
    for (spec, owner) in zip(missing, try connection.exchange(owners)) {
      let owner = try owner.get().string
      if owner.map(tokens.made) ?? true { free.append((spec, owner ?? "")) }
    }
    // Replicas that start together reach for different lanes.
    let start = free.isEmpty ? 0 : (share.rank ?? 0) * max(1, share.quota) % free.count
    for (spec, former) in (free[start...] + free[..<start]).prefix(share.quota - lanes.count) {
      let token = tokens.make()
      let taken = try evaluate(
        Lease.acquire, keys: [spec.name.lease], token, former, "\(runner.options.lease.milliseconds)")
      if let way = taken.integer, way > 0 { try open(spec, token: token, wasOwn: way == 2) }
    }
  }

  /// Extends the leases of lanes that had nothing to commit for a while, and writes down how far others have read.
  private func renew() throws(RedisError) {
    for lane in lanes where lane.hasMoved || .now - lane.extended > runner.options.lease / 3 {
      try touch(lane)
    }
  }

  /// A commit without a batch: extends the lease and writes down the cursors.
  func touch(_ lane: Lane) throws(RedisError) {
    var commands = Commands()
    commands.add(
      Commit(lane: lane.spec.name).call(
        digest: commitDigest, token: lane.token,
        leaseMilliseconds: runner.options.lease.milliseconds, inputs: lane.inputs))
    guard let reply = try connection.exchange(commands).first else { return }
    if let error = reply.error { try drop(lane, because: error) } else { lane.committed() }
  }

  /// Makes the streams shorter that the held lanes are to look after.
  private func trim() throws(RedisError) {
    let retention = runner.options.retention
    for lane in lanes where .now - lane.trimmed > retention.interval {
      lane.trimmed = .now
      for stream in lane.spec.retained {
        _ = try evaluate(
          Retention.script, keys: [stream.key] + stream.cursors, "\(retention.entries)",
          "\(retention.age.milliseconds)")
      }
    }
  }

  func evaluate(_ script: Script, keys: [String], _ arguments: String...) throws(RedisError) -> Reply {
    try evaluate(script, keys: keys, arguments, isRetried: false)
  }

  private func evaluate(
    _ script: Script, keys: [String], _ arguments: [String], isRetried: Bool
  ) throws(RedisError) -> Reply {
    var words = Words("EVALSHA", try connection.digest(of: script), "\(keys.count)")
    for word in keys + arguments { words.add(word) }
    var commands = Commands()
    commands.add(words)
    guard let reply = try connection.exchange(commands).first else {
      throw RedisError(.unexpectedReply, "EVALSHA gave no reply.")
    }
    if isRetried || reply.error?.code != .refused(kind: "NOSCRIPT") { return try reply.get() }
    // Somebody flushed the scripts: they are loaded again, once.
    connection.forgetScripts()
    return try evaluate(script, keys: keys, arguments, isRetried: true)
  }
}
