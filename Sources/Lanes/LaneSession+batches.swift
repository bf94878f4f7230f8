import Market
import Redis

/// Batches: a pass takes one of each lane through its rounds to its commit.
extension LaneSession {
  /// Reads all lanes once, then takes every resulting batch through to its commit.
  ///
  /// The batches' rounds queue on one connection: while Redis works on one lane's round, the next lane
  /// decides.
  func pass() throws(RedisError) {
    try read()
    var batches: [(lane: Lane, entries: [Entry])] = []
    for lane in ready {
      let before = lane.position
      let entries = lane.inputs.nextBatch(limit: table.batchLimit(of: lane))
      guard let first = entries.first else { continue }
      if lane.isTryingAlone { try suspect(first, in: lane, at: before) }
      batches.append((lane, entries))
    }
    var queue: [Flight] = []
    for (lane, entries) in batches {
      let flight = Flight(lane: lane, work: begin(entries, in: lane), entries: entries)
      if let flight = try advance(flight, []) { queue.append(flight) }
    }
    var next = 0
    while next < queue.count {
      let flight = queue[next]
      next += 1
      let replies = try connection.receive(flight.awaited)
      if let start = flight.committing {
        try settle(flight, sent: start, replies)
      } else if let flight = try advance(flight, replies) {
        queue.append(flight)
      }
    }
  }

  private func begin(_ entries: [Entry], in lane: Lane) -> any LaneWork {
    if let entry = entries.first {
      let input = lane.inputs[entry.stream]
      if entry.isTooLarge { return RefusedWork.tooLarge(entry, input.stream, isInlet: lane.spec.isInlet) }
      if lane.crashGuard.condemns(lane.name(of: entry)) { return RefusedWork.crashed(entry, input.stream) }
    }
    return lane.handler.begin(entries)
  }

  /// Lets the batch take its next step and sends the result. Returns nil if there is nothing more to do.
  private func advance(_ flight: Flight, _ replies: [Reply]) throws(RedisError) -> Flight? {
    var flight = flight
    if let again = exempted(flight, replies) {
      try connection.send(again)
      flight.isExempted = true
      flight.awaited = again.count
      return flight
    }
    let step: LaneStep
    do throws(RedisError) {
      step = try flight.work.next(replies, commit: &flight.commit)
    } catch {
      try fail(flight.lane, because: error)
      return nil
    }
    var commands = Commands()
    switch step {
    case .ask(let questions): commands = questions
    case .commit:
      guard let fitting = fitted(flight) else { return nil }
      flight = fitting
      // The batch caused no writes, so its cursor can wait for the next commit or heartbeat.
      if flight.commit.isEmpty && !flight.lane.isTryingAlone {
        count(flight)
        return nil
      }
      assert(
        flight.lane.spec.writes.isEmpty || flight.commit.undeclared(by: flight.lane.spec) == nil,
        "\(flight.lane.name) does not declare: \(flight.commit.undeclared(by: flight.lane.spec) ?? "")")
      flight.committing = .now
      commands.add(
        flight.commit.call(
          digest: commitDigest, token: flight.lane.token,
          leaseMilliseconds: runner.options.lease.milliseconds, inputs: flight.lane.inputs))
    }
    flight.isExempted = false
    flight.sent = commands
    flight.awaited = commands.count
    try connection.send(commands)
    return flight
  }

  /// Returns the writes of a round in a form that a full Redis accepts; nil if it accepted them already.
  ///
  /// Accepted work must be finished, or the streams that fill Redis could never be trimmed. An inlet admits
  /// new work, so it waits.
  private func exempted(_ flight: Flight, _ replies: [Reply]) -> Commands? {
    guard !flight.isExempted, !flight.lane.spec.isInlet,
      replies.contains(where: { $0.error?.code == .refused(kind: .outOfMemory) })
    else { return nil }
    var again = Commands()
    for (words, reply) in zip(flight.sent.separate, replies) {
      if reply.error?.code == .refused(kind: .outOfMemory) {
        again.add(OutOfMemoryExemption.call(words))
      } else {
        again.add(words)
      }
    }
    return again
  }

  /// Returns the flight if its commit fits into one call and it met no entry of a newer release.
  ///
  /// If the commit is too large, the lane is reopened with smaller batches; an entry whose commit alone is
  /// too large is put aside.
  private func fitted(_ flight: Flight) -> Flight? {
    var flight = flight
    let lane = flight.lane
    if let newer = flight.commit.newer {
      if flight.entries.count > 1 {
        table.narrow(lane, to: 1)
      } else {
        stand(lane, because: .newerEntry(stream: newer.stream, entry: newer.entry.id, error: newer.error))
      }
      return nil
    }
    let bytes = flight.commit.byteCount
    guard bytes > LaneOptions.commitBytes, let entry = flight.entries.first else { return flight }
    if flight.entries.count > 1 {
      table.narrow(lane, to: flight.entries.count / 2)
      return nil
    }
    flight.commit = Commit(lane: lane.name)
    RefusedWork.tooMuch(entry, lane.inputs[entry.stream].stream, bytes: bytes).refuse(in: &flight.commit)
    return flight
  }

  private func settle(
    _ flight: Flight, sent: ContinuousClock.Instant, _ replies: [Reply]
  ) throws(RedisError) {
    guard let answer = replies.first else { return }
    if let error = answer.error { return try fail(flight.lane, because: error, inCommit: true) }
    flight.commit.note(answer, in: &flight.lane.inputs)
    flight.lane.committed()
    if flight.lane.isTryingAlone { flight.lane.crashGuard.entrySucceeded() }
    report(table.proved(flight.lane.name), of: flight.lane.name)
    metrics.committed(flight.commit, in: .now - sent)
    runner.note {
      $0.commits += 1
      $0.deadLetters += flight.commit.deadLetters.count
    }
    count(flight)
    for letter in flight.commit.deadLetters { log(letter.entry, letter.stream, letter.error, flight.lane) }
  }

  private func count(_ flight: Flight) {
    metrics.handled(flight.entries.count)
    runner.note { $0.entries += flight.entries.count }
  }

  /// Logs that an entry was put aside: where and why, but none of its content.
  private func log(_ entry: Entry, _ stream: String, _ error: FieldError, _ lane: Lane) {
    runner.logger.warning(
      "put an entry aside",
      metadata: [
        "lane": "\(lane.name)", "stream": "\(stream)", "entry": "\(entry.id)",
        "commandid": "\(entry.value("commandid")?.string?.prefix(100) ?? "-")", "field": "\(error.field)",
        "reason": "\(error.reason.rawValue)",
      ])
  }
}

/// A batch between two of its rounds.
private struct Flight {
  let lane: Lane
  var work: any LaneWork
  let entries: [Entry]
  var commit: Commit
  /// The commands of the last round.
  var sent = Commands()
  var awaited = 0
  /// Whether the last round was sent again, exempt from the memory limit.
  var isExempted = false
  /// When its commit was sent; nil before.
  var committing: ContinuousClock.Instant?

  init(lane: Lane, work: any LaneWork, entries: [Entry]) {
    self.lane = lane
    self.work = work
    self.entries = entries
    commit = Commit(lane: lane.name)
  }
}
