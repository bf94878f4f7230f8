import Market
import Redis

/// Opening a lane: finding its position and how careful its crash guard must be.
extension LaneSession {
  /// Opens a lane where its last owner stopped. If something prevents that, the lane stands still.
  func open(_ name: LaneName, token: String, wasOwn: Bool) throws(RedisError) {
    guard let spec = specs[name] else { return }
    endBlockedRead(of: name)
    try onlyFor(name, token) { () throws(RedisError) in
      guard let trouble = try prepare(spec, token: token, wasOwn: wasOwn) else { return }
      report(table.failed(name, token: token, .trouble(trouble), at: .now), of: name)
    }
  }

  /// Finishes what is left of a failed commit, checks what must not fail in a commit, finds the cursors, and
  /// begins to run the lane. Returns what prevents that.
  private func prepare(_ spec: LaneSpec, token: String, wasOwn: Bool) throws(RedisError) -> LaneTrouble? {
    let name = spec.name
    let lease = "\(runner.options.lease.milliseconds)"
    if let fault = try LaneCheck(spec).faults(over: connection).first { return fault.trouble }
    if try connection.evaluate(LaneHalt.finish, keys: [name.lease, name.halt], token, lease).integer == 1 {
      runner.logger.notice(
        "finished a commit that had failed in the middle", metadata: ["lane": "\(name)"])
    }
    var places = try find(spec)
    if places.contains(where: { $0 == nil }) {
      // Somebody deleted the group, or the lane is new. From the first commit on, the group follows the
      // cursor.
      for stream in spec.streams {
        let creation = try connection.exchange(
          Commands("XGROUP", "CREATE", stream, name.worker, "0", "MKSTREAM", "ENTRIESREAD", "0"))
        if let error = creation.first?.error, error.code != .refused(kind: .busyGroup) { throw error }
      }
      places = try find(spec)
    }
    var inputs: [LaneInput] = []
    for (stream, place) in zip(spec.streams, places) {
      guard var place else {
        throw RedisError(.unexpectedReply, "\(stream) has no group \(name.worker) right after creating it.")
      }
      if let trouble = LaneTrouble(
        in: place.state, of: stream, at: place.position, read: place.read, cursor: name.cursor)
      {
        // A group past the stream's end only repeats a cursor that somebody has deleted since.
        guard spec.isInlet || !place.isCommitted else { return trouble }
        // Entries lost from an inlet are their senders' concern; what is sent from now on is read from the
        // start.
        if place.isCommitted { tell(of: trouble, in: spec) }
        (place.position, place.read) = (.zero, 0)
      }
      if !spec.isInlet, place.state.newest.milliseconds > Self.lastMilliseconds {
        return .idsExhausted(stream: stream)
      }
      inputs.append(LaneInput(stream: stream, position: place.position, entriesRead: place.read))
    }
    let timers = spec.timers.map { timers in
      TimerWatch(
        after: spec.streams.firstIndex(of: timers.stream).flatMap { places[$0]?.state.newest } ?? .zero)
    }
    try begin(spec, token: token, wasOwn: wasOwn, inputs, timers)
    return nil
  }

  /// Beyond any real clock: a later id was chosen explicitly, and soon nothing could be appended.
  private static let lastMilliseconds = UInt64.max >> 2

  /// The position of a lane on one of its streams, and the state of that stream.
  private struct Place {
    var position: EntryID
    var read: Int
    /// Whether a commit stored it.
    let isCommitted: Bool
    let state: StreamState
  }

  /// Returns the lane's position on each stream; nil for a stream without the lane's group.
  ///
  /// Only commits write the cursor hash, so it is authoritative; the groups follow it, for `XINFO GROUPS`.
  /// Only a stream that is not in the hash yet starts at its group.
  private func find(_ spec: LaneSpec) throws(RedisError) -> [Place?] {
    let states = try streamStates(spec.streams.map { ($0, .zero) })
    var commands = Commands("HGETALL", spec.name.cursor)
    for stream in spec.streams { commands.add("XINFO", "GROUPS", stream) }
    let replies = try connection.exchange(commands)
    let committed = try replies[0].get().pairs
    return zip(spec.streams, zip(states, replies.dropFirst())).map { stream, found in
      guard let state = found.0, let group = groupPosition(spec.name.worker, in: found.1) else { return nil }
      let known = committed[stream].flatMap(cursor)
      let (position, read) = known ?? group
      return Place(position: position, read: read, isCommitted: known != nil, state: state)
    }
  }

  private func begin(
    _ spec: LaneSpec, token: String, wasOwn: Bool, _ inputs: [LaneInput], _ timers: [TimerWatch]
  ) throws(RedisError) {
    let name = spec.name
    let record = try connection.call("HGETALL", name.attempts).pairs
    let position = inputs.map { "\($0.position)" }.joined(separator: "+")
    // This replica is alive, so it lost the lane without crashing.
    let isOwn = wasOwn || record["owner"] == runner.replica
    let vanished = isOwn || record.isEmpty ? nil : record
    let crashGuard = CrashGuard(record: vanished, position: position, batch: runner.options.batch)
    let lane = Lane(
      spec: spec, token: token, handler: spec.makeHandler(), inputs: inputs, timers: timers,
      crashGuard: crashGuard)
    if !isOwn || record.isEmpty {
      let blamed = crashGuard.blamed
      try note(
        in: lane,
        [
          ("owner", runner.replica), ("position", position), ("crashes", "\(crashGuard.crashes)"),
          ("vanished", crashGuard.vanished.joined(separator: " ")), ("suspect", ""),
          ("blamed", blamed ?? ""), ("hits", blamed.map { "\(crashGuard.hits(of: $0))" } ?? ""),
        ])
    }
    table.opened(lane)
    try touch([lane])
    if crashGuard.isWaiting {
      runner.logger.warning(
        "the lane's owners keep vanishing: its entries will be tried one by one",
        metadata: ["lane": "\(name)", "crashes": "\(crashGuard.crashes)"])
    } else {
      runner.logger.debug("took the lane", metadata: ["lane": "\(name)"])
    }
  }

  /// Records the entry that is about to be tried alone.
  func suspect(_ entry: Entry, in lane: Lane, at position: String) throws(RedisError) {
    let name = lane.name(of: entry)
    try note(
      in: lane,
      [
        ("position", position), ("suspect", name), ("blamed", name),
        ("hits", "\(lane.crashGuard.hits(of: name))"),
      ])
  }

  /// Forgets the crashes of lanes that have nothing left to do, or whose vanished owners are among the
  /// `living`.
  func forgiveCrashes(_ living: [String]) throws(RedisError) {
    for lane in table.running where lane.crashGuard.crashes > 0 {
      let isForgiven = lane.crashGuard.judge(by: living)
      guard isForgiven || lane.isIdle else { continue }
      lane.crashGuard.reset()
      TrialTurn.shared.giveBack(lane)
      try onlyFor(lane.name, lane.token) { () throws(RedisError) in
        try note(
          in: lane,
          [
            ("position", lane.position), ("crashes", "0"), ("vanished", ""), ("suspect", ""), ("blamed", ""),
            ("hits", ""),
          ])
      }
    }
  }

  private func note(in lane: Lane, _ facts: [(name: String, value: String)]) throws(RedisError) {
    let name = lane.name
    var words = RESPWords("EVALSHA", try connection.digest(of: Lease.note), "2", name.lease, name.attempts)
    words.add(lane.token)
    words.add(runner.options.lease.milliseconds)
    for fact in facts {
      words.add(fact.name)
      words.add(fact.value)
    }
    try connection.call(words)
  }

  private func cursor(_ text: String) -> (EntryID, Int)? {
    let words = text.split(separator: " ")
    guard words.count == 2, let id = EntryID(words[0]), let read = Int(words[1]) else { return nil }
    return (id, read)
  }

  private func groupPosition(_ group: String, in groups: Reply) -> (EntryID, Int)? {
    for info in groups {
      let fields = info.pairs
      guard fields["name"] == group, let id = fields["last-delivered-id"] else { continue }
      return (EntryID(id) ?? .zero, fields["entries-read"].flatMap { Int($0) } ?? 0)
    }
    return nil
  }
}
