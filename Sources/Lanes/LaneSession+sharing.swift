import Market
import Redis

/// How a runner comes by its lanes and gives them up.
extension LaneSession {
  private var replicasKey: String { "replicas:{\(runner.worker)}" }

  /// Says that this replica lives, gives up what is more than its share, takes what it lacks, keeps the rest.
  func heartbeat() throws(RedisError) {
    let living = try evaluate(
      Lease.join, key: replicasKey, runner.replica, "\(runner.options.replicaLifetime.milliseconds)"
    ).compactMap(\.string)
    let share = FairShare(replica: runner.replica, living: living, lanes: runner.lanes.count)
    if lanes.count > share.quota { try release(lanes.suffix(lanes.count - share.quota)) }
    if lanes.count < share.quota { try take(share) }
    try renew()
    runner.note { $0.lanes = lanes.map(\.spec.name) }
  }

  /// Gives all lanes back at once.
  func leave() throws(RedisError) {
    try release(lanes[...])
    try connection.call("ZREM", replicasKey, runner.replica)
    runner.note { $0.lanes = [] }
  }

  private func release(_ surplus: ArraySlice<Lane>) throws(RedisError) {
    for lane in surplus {
      _ = try evaluate(Lease.release, key: lane.spec.name.lease, lane.token)
      runner.logger.debug("gave the lane back", metadata: ["lane": "\(lane.spec.name)"])
    }
    lanes.removeLast(surplus.count)
  }

  private func take(_ share: FairShare) throws(RedisError) {
    let held = Set(lanes.map(\.spec.name))
    let missing = runner.lanes.filter { !held.contains($0.name) }
    var owners = Commands()
    for spec in missing { owners.add("GET", spec.name.lease) }
    var free: [LaneSpec] = []
    for (spec, owner) in zip(missing, try connection.exchange(owners)) {
      let owner = try owner.get().string
      if owner == nil || owner == tokens.former[spec.name] { free.append(spec) }
    }
    // Replicas that start together reach for different lanes.
    let start = free.isEmpty ? 0 : (share.rank ?? 0) * max(1, share.quota) % free.count
    for spec in (free[start...] + free[..<start]).prefix(share.quota - lanes.count) {
      let former = tokens.former[spec.name] ?? ""
      let token = tokens.make(for: spec.name)
      let taken = try evaluate(
        Lease.acquire, key: spec.name.lease, token, former, "\(runner.options.lease.milliseconds)")
      if taken.integer == 1 { try open(spec, token: token) }
    }
  }

  /// Finds where the lane's last owner stopped.
  ///
  /// The cursor hash is what only commits write, so it decides; the groups follow it, for `XINFO GROUPS`, and
  /// are made again where somebody deleted them.
  private func open(_ spec: LaneSpec, token: String) throws(RedisError) {
    let name = spec.name
    var commands = Commands()
    commands.add(Words("HGETALL", name.cursor))
    for stream in spec.streams {
      commands.add(Words("XGROUP", "CREATE", stream, name.worker, "0", "MKSTREAM", "ENTRIESREAD", "0"))
    }
    for stream in spec.streams { commands.add(Words("XINFO", "GROUPS", stream)) }
    let replies = try connection.exchange(commands)
    var committed: [String: (EntryID, Int)] = [:]
    var parts = try replies[0].get().makeIterator()
    while let stream = parts.next()?.string, let text = parts.next()?.string {
      let words = text.split(separator: " ")
      if words.count == 2, let id = EntryID(String(words[0])), let read = Int(words[1]) {
        committed[stream] = (id, read)
      }
    }
    var inputs: [LaneInput] = []
    var corrections = Commands()
    for (index, stream) in spec.streams.enumerated() {
      let creation = replies[1 + index]
      if let error = creation.error, error.code != .refused(kind: "BUSYGROUP") { throw error }
      let group = try groupPosition(name.worker, in: replies[1 + spec.streams.count + index].get())
      let (position, read) = committed[stream] ?? group
      inputs.append(LaneInput(stream: stream, position: position, entriesRead: read))
      if group.0 != position {
        corrections.add(
          Words("XGROUP", "SETID", stream, name.worker, "\(position)", "ENTRIESREAD", "\(read)"))
      }
    }
    for reply in try connection.exchange(corrections) { try reply.get() }
    lanes.append(
      Lane(
        spec: spec, token: token, handler: spec.makeHandler(digests), inputs: inputs, extended: .now))
    runner.logger.debug("took the lane", metadata: ["lane": "\(name)"])
  }

  private func groupPosition(_ group: String, in groups: Reply) throws(RedisError) -> (EntryID, Int) {
    for info in groups {
      var fields: [String: Reply] = [:]
      var parts = info.makeIterator()
      while let name = parts.next()?.string, let value = parts.next() { fields[name] = value }
      guard fields["name"]?.string == group, let id = fields["last-delivered-id"]?.string else { continue }
      return (EntryID(id) ?? .zero, fields["entries-read"]?.integer ?? 0)
    }
    throw RedisError(.unexpectedReply, "The consumer group \(group) is missing right after it was made.")
  }

  /// Extends the leases of lanes that had nothing to commit for a while.
  private func renew() throws(RedisError) {
    let due = lanes.filter { .now - $0.extended > runner.options.lease / 3 }
    for lane in due {
      let empty = Commit(lane: lane.spec.name).call(
        digest: commitDigest, token: lane.token,
        leaseMilliseconds: runner.options.lease.milliseconds, inputs: [])
      var commands = Commands()
      commands.add(empty)
      guard let reply = try connection.exchange(commands).first else { continue }
      if let error = reply.error { try drop(lane, because: error) } else { lane.extended = .now }
    }
  }

  private func evaluate(_ script: Script, key: String, _ arguments: String...) throws(RedisError) -> Reply {
    var words = Words("EVALSHA", try connection.digest(of: script), "1", key)
    for argument in arguments { words.add(argument) }
    var commands = Commands()
    commands.add(words)
    guard let reply = try connection.exchange(commands).first else {
      throw RedisError(.unexpectedReply, "EVALSHA gave no reply.")
    }
    return try reply.get()
  }
}
