import Market
import Redis

/// Batches: a pass takes the lanes through their batches, round by round.
extension LaneSession {
  /// What was sent to Redis and is not answered yet: a round of a batch, or a read on behalf of some lanes.
  private enum Round {
    case batch(Batch)
    case read(StreamRead)
  }

  /// Reads all lanes, then takes their batches through to their commits, and reads on as long as more is known
  /// to wait.
  ///
  /// The rounds queue on one connection: while Redis works on those of some lanes, others decide.
  func pass() throws(RedisError) {
    try read()
    var found: [Found] = []
    for lane in ready {
      let before = lane.position
      guard let one = take(from: lane) else { continue }
      // Before the handler sees it, as that can be what ends this process.
      if lane.isTryingAlone, let entry = one.entries.first {
        try onlyFor(lane.name, lane.token) { () throws(RedisError) in
          try suspect(entry, in: lane, at: before)
        }
        guard isRunning(lane) else { continue }
      }
      found.append(one)
    }
    var rounds: [Round] = []
    var readsOn = !isReadingBySize
    try begin(found, &rounds)
    while !rounds.isEmpty {
      switch rounds.removeFirst() {
      case .batch(let batch):
        if let batch = try goOn(batch) {
          rounds.append(.batch(batch))
          continue
        }
        batch.lane.isUnderWay = false
      case .read(let read):
        let replies = try connection.receive(read.commands.count, limit: read.byteLimit)
        for lane in read.lanes { lane.isUnderWay = false }
        // The next pass finds out which lane made Redis refuse it.
        if replies.contains(where: { $0.error != nil }) {
          readsOn = false
        } else {
          try read.fill(replies)
        }
        try begin(read.lanes.compactMap(take), &rounds)
      }
      if readsOn { try readOn(&rounds) }
    }
  }

  /// Continues with the replies to a batch's last round. Returns nil if there is nothing more to do.
  private func goOn(_ batch: Batch) throws(RedisError) -> Batch? {
    let replies: [Reply]
    if let receipt = batch.receipt, let everywhere {
      do throws(RedisError) {
        replies = try everywhere.receive(receipt)
      } catch {
        letWait(batch.lane, because: error)
        return nil
      }
    } else {
      replies = try connection.receive(batch.sent.count)
    }
    guard let start = batch.committing else { return try advance(batch, replies) }
    try settle(batch, sent: start, replies)
    return nil
  }

  private typealias Found = (lane: Lane, entries: [Entry])

  /// Takes the entries of a lane's next batch from what was read; nil if there is nothing to do yet.
  private func take(from lane: Lane) -> Found? {
    let entries = lane.inputs.nextBatch(limit: table.batchLimit(of: lane))
    return entries.isEmpty ? nil : (lane, entries)
  }

  /// Starts batches, and keeps those that wait for Redis.
  private func begin(_ found: [Found], _ rounds: inout [Round]) throws(RedisError) {
    for (lane, entries) in found {
      let batch = Batch(lane: lane, work: begin(entries, in: lane), entries: entries)
      guard let batch = try advance(batch, []) else { continue }
      lane.isUnderWay = true
      rounds.append(.batch(batch))
    }
  }

  /// Reads for all lanes that have nothing under way, if it is known that more waits for one of them.
  ///
  /// Otherwise Redis would be idle from the last commit of a pass until the first batch of the next one.
  private func readOn(_ rounds: inout [Round]) throws(RedisError) {
    guard !runner.isStopping, table.untilHeartbeat(from: .now) > .zero else { return }
    let resting = table.running.filter {
      !$0.isUnderWay && !$0.isBlocked && !$0.isTryingAlone && $0.isReady
    }
    guard resting.contains(where: { !$0.isIdle }) else { return }
    let read = StreamRead(of: resting, limit: runner.options.batch, together: server.node == nil)
    if read.commands.isEmpty { return try begin(resting.compactMap(take), &rounds) }
    for lane in resting { lane.isUnderWay = true }
    try connection.send(read.commands)
    rounds.append(.read(read))
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
  private func advance(_ batch: Batch, _ replies: [Reply]) throws(RedisError) -> Batch? {
    var batch = batch
    if let again = exempted(batch, replies) {
      batch.isExempted = true
      try send(again, of: &batch, anywhere: batch.goesAnywhere)
      return batch
    }
    let step: LaneStep
    do throws(RedisError) {
      step = try batch.work.next(replies, commit: &batch.commit)
    } catch {
      try fail(batch.lane, because: error)
      return nil
    }
    batch.isExempted = false
    switch step {
    case .ask(let questions): try send(questions, of: &batch)
    case .askAnywhere(let questions): try send(questions, of: &batch, anywhere: true)
    case .commit:
      batch.commit.close()
      guard let fitting = fitted(batch) else { return nil }
      batch = fitting
      // The batch caused no writes, so its cursor can wait for the next commit or heartbeat.
      if batch.commit.isEmpty && !batch.lane.isTryingAlone {
        count(batch)
        return nil
      }
      assert(
        batch.lane.spec.writes.isEmpty || batch.commit.undeclared(by: batch.lane.spec) == nil,
        "\(batch.lane.name) does not declare: \(batch.commit.undeclared(by: batch.lane.spec) ?? "")")
      batch.committing = .now
      let call = batch.commit.call(
        digest: commitDigest, token: batch.lane.token,
        leaseMilliseconds: runner.options.lease.milliseconds, inputs: batch.lane.inputs)
      try send(Commands(call), of: &batch)
    }
    return batch
  }

  /// Sends a round of a batch.
  ///
  /// - Parameter anywhere: Whether its keys can belong to any slot.
  private func send(_ commands: Commands, of batch: inout Batch, anywhere: Bool = false) throws(RedisError) {
    batch.sent = commands
    batch.goesAnywhere = anywhere
    batch.receipt = nil
    if anywhere, let everywhere {
      batch.receipt = try everywhere.send(commands)
    } else {
      assert(
        anywhere || commands.belong(to: batch.lane.name.slot),
        "\(batch.lane.name) asks for keys of other slots")
      try connection.send(commands)
    }
  }

  /// Returns the writes of a round in a form that a full Redis accepts; nil if it accepted them already.
  ///
  /// Accepted work must be finished, or the streams that fill Redis could never be trimmed. An inlet admits
  /// new work, so it waits.
  private func exempted(_ batch: Batch, _ replies: [Reply]) -> Commands? {
    guard !batch.isExempted, !batch.lane.spec.isInlet,
      replies.contains(where: { $0.error?.code == .refused(kind: .outOfMemory) })
    else { return nil }
    var again = Commands()
    for (words, reply) in zip(batch.sent.separate, replies) {
      if reply.error?.code == .refused(kind: .outOfMemory) {
        again.add(OutOfMemoryExemption.call(words))
      } else {
        again.add(words)
      }
    }
    return again
  }

  /// Returns the batch if its commit fits into one call and it met no entry of a newer release.
  ///
  /// If the commit is too large, the lane is reopened with smaller batches; an entry whose commit alone is
  /// too large is put aside.
  private func fitted(_ batch: Batch) -> Batch? {
    var batch = batch
    let lane = batch.lane
    if let newer = batch.commit.newer {
      if batch.entries.count > 1 {
        table.narrow(lane, to: 1)
      } else {
        stand(
          lane,
          because: .newerEntry(
            stream: newer.stream, entry: newer.entry.id, error: newer.error, build: runner.build))
      }
      return nil
    }
    let bytes = batch.commit.byteCount
    guard bytes > LaneOptions.commitBytes, let entry = batch.entries.first else { return batch }
    if batch.entries.count > 1 {
      table.narrow(lane, to: batch.entries.count / 2)
      return nil
    }
    batch.commit = Commit(lane: lane.name)
    RefusedWork.tooMuch(entry, lane.inputs[entry.stream].stream, bytes: bytes).refuse(in: &batch.commit)
    return batch
  }

  private func settle(
    _ batch: Batch, sent: ContinuousClock.Instant, _ replies: [Reply]
  ) throws(RedisError) {
    guard let answer = replies.first else { return }
    if let error = answer.error { return try fail(batch.lane, because: error, inCommit: true) }
    batch.commit.note(answer, in: &batch.lane.inputs)
    batch.lane.committed()
    for (place, timers) in batch.lane.spec.timers.enumerated() where batch.commit.addsTimers(at: timers.key) {
      batch.lane.timers[place].added(dueIn: timers.delay)
    }
    if batch.lane.isTryingAlone { batch.lane.crashGuard.entrySucceeded() }
    report(table.proved(batch.lane.name), of: batch.lane.name)
    metrics.committed(batch.commit, in: .now - sent)
    note {
      $0.commits += 1
      $0.deadLetters += batch.commit.deadLetters.count
    }
    count(batch)
    for letter in batch.commit.deadLetters { log(letter.entry, letter.stream, letter.error, batch.lane) }
  }

  private func count(_ batch: Batch) {
    metrics.handled(batch.entries.count)
    note { $0.entries += batch.entries.count }
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

/// Entries of one lane on their way to a commit, between two rounds.
private struct Batch {
  let lane: Lane
  var work: any LaneWork
  let entries: [Entry]
  var commit: Commit
  /// The commands of the last round.
  var sent = Commands()
  /// Whether the keys of the last round can belong to any slot.
  var goesAnywhere = false
  /// Stands for the replies of such a round on a cluster.
  var receipt: ClusterConnection.Receipt?
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
