import Market
import Redis

/// How a lane that was just taken finds its place, and how much care it needs.
extension LaneSession {
  /// Goes on where the lane's last owner stopped.
  ///
  /// The cursor hash is what only commits write, so it decides; the groups follow it, for `XINFO GROUPS`, and
  /// are made again where somebody deleted them. Only a stream that it does not know yet starts at its group.
  func open(_ spec: LaneSpec, token: String, wasOwn: Bool) throws(RedisError) {
    let name = spec.name
    var commands = Commands()
    commands.add("HGETALL", name.cursor)
    commands.add("HGETALL", name.attempts)
    for stream in spec.streams {
      commands.add("XGROUP", "CREATE", stream, name.worker, "0", "MKSTREAM", "ENTRIESREAD", "0")
      commands.add("XINFO", "STREAM", stream)
      commands.add("XINFO", "GROUPS", stream)
    }
    let replies = try connection.exchange(commands)
    let committed = try replies[0].get().pairs
    let record = try replies[1].get().pairs
    var inputs: [LaneInput] = []
    var writes = Commands()
    for (index, stream) in spec.streams.enumerated() {
      let (creation, info, groups) = (replies[2 + 3 * index], replies[3 + 3 * index], replies[4 + 3 * index])
      if let error = creation.error, error.code != .refused(kind: "BUSYGROUP") { throw error }
      let group = try groupPosition(name.worker, in: groups.get())
      let (position, read) = committed[stream].flatMap(cursor) ?? group
      let newest = try info.get().pairs["last-generated-id"].flatMap { EntryID($0) } ?? .zero
      if position > newest {
        return try halt(
          spec, token: token,
          because: "\(stream) ends at \(newest), but was read up to \(position): its history was lost.")
      }
      inputs.append(LaneInput(stream: stream, position: position, entriesRead: read))
    }
    let position = inputs.map { "\($0.position)" }.joined(separator: "+")
    // This replica is alive, so whatever made it lose the lane was no crash.
    let isOwn = wasOwn || record["owner"] == runner.replica
    let vanished = isOwn || record.isEmpty ? nil : record
    let caution = Caution(record: vanished, position: position, batch: runner.options.batch)
    if !isOwn || record.isEmpty {
      writes.add(
        "HSET", name.attempts, "owner", runner.replica, "position", position, "crashes",
        "\(caution.crashes)", "vanished", caution.vanished.joined(separator: " "))
      if caution.condemned == nil { writes.add("HDEL", name.attempts, "suspect") }
    }
    for reply in try connection.exchange(writes) { try reply.get() }
    let lane = Lane(
      spec: spec, token: token, handler: spec.makeHandler(), inputs: inputs, caution: caution)
    lanes.append(lane)
    // Before the first batch: a commit that fails may have moved a group already, but never the hash.
    try touch(lane)
    if caution.isTryingAlone {
      runner.logger.warning(
        "the lane's owners crash: trying its entries one by one",
        metadata: ["lane": "\(name)", "crashes": "\(caution.crashes)"])
    } else {
      runner.logger.debug("took the lane", metadata: ["lane": "\(name)"])
    }
  }

  /// Names the entry that is now tried alone, before it is tried.
  func suspect(_ entry: Entry, in lane: Lane, at position: String) throws(RedisError) {
    var commands = Commands()
    commands.add(
      "HSET", lane.spec.name.attempts, "position", position, "crashes", "\(Caution.limit)", "suspect",
      lane.name(of: entry))
    for reply in try connection.exchange(commands) { try reply.get() }
  }

  /// Forgets the crashes of lanes that have nothing to do any more, or whose owners turn out to be `living`.
  func calmDown(_ living: [String]) throws(RedisError) {
    for lane in lanes where lane.caution.crashes > 0 {
      let isForgiven = lane.caution.judge(by: living)
      guard isForgiven || lane.isIdle else { continue }
      lane.caution.calmDown()
      let name = lane.spec.name
      try connection.call("HSET", name.attempts, "position", lane.position, "crashes", "0")
      try connection.call("HDEL", name.attempts, "suspect", "vanished")
    }
  }

  /// Does not run a lane that would skip what comes: a person has to decide.
  private func halt(_ spec: LaneSpec, token: String, because reason: String) throws(RedisError) {
    _ = try evaluate(Lease.release, keys: [spec.name.lease, spec.name.attempts], token)
    halted[spec.name] = reason
    runner.note { $0.halted[spec.name] = reason }
    runner.logger.critical(
      "the lane stands still",
      metadata: [
        "lane": "\(spec.name)", "reason": "\(reason)",
        "remedy": "restore the stream, or delete \(spec.name.cursor) to read it again from its start",
      ])
  }

  private func cursor(_ text: String) -> (EntryID, Int)? {
    let words = text.split(separator: " ")
    guard words.count == 2, let id = EntryID(words[0]), let read = Int(words[1]) else { return nil }
    return (id, read)
  }

  private func groupPosition(_ group: String, in groups: Reply) throws(RedisError) -> (EntryID, Int) {
    for info in groups {
      let fields = info.pairs
      guard fields["name"] == group, let id = fields["last-delivered-id"] else { continue }
      return (EntryID(id) ?? .zero, fields["entries-read"].flatMap { Int($0) } ?? 0)
    }
    throw RedisError(.unexpectedReply, "The consumer group \(group) is missing right after it was made.")
  }
}
