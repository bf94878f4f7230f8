import Logging
import Market
import Redis

/// A runner's time on one connection: from connecting until it stops or the connection breaks.
final class LaneSession {
  let runner: LaneRunner
  let tokens: LaneTokens
  let connection: RedisConnection
  let commitDigest: String
  var lanes: [Lane] = []
  /// Lanes that must not run, and why.
  var halted: [LaneName: String] = [:]
  let metrics: LaneMetrics
  private var nextHeartbeat = ContinuousClock.now
  var nextMeasure = ContinuousClock.now

  init(runner: LaneRunner, tokens: LaneTokens, metrics: LaneMetrics) throws(RedisError) {
    self.runner = runner
    self.tokens = tokens
    self.metrics = metrics
    connection = try RedisConnection(runner.url)
    commitDigest = try connection.digest(of: Commit.script)
  }

  /// Passes over the lanes until the runner stops, then gives them back.
  func serve() throws(RedisError) {
    while !runner.isStopping {
      if ContinuousClock.now >= nextHeartbeat {
        try heartbeat()
        nextHeartbeat = .now + runner.options.heartbeat
      }
      if ready.isEmpty {
        runner.sleep(untilHeartbeat)
      } else {
        try pass()
        if hasCaughtUp { runner.sleep(runner.options.rest) }
      }
      runner.note { $0.lastPass = .now }
    }
    try leave()
  }

  /// The lanes that may go on.
  var ready: [Lane] { lanes.filter { $0.caution.judgement == nil } }

  /// Whether the latest read found the end of every stream.
  private var hasCaughtUp: Bool { ready.allSatisfy(\.isIdle) }

  var untilHeartbeat: Duration { max(.milliseconds(1), nextHeartbeat - .now) }

  /// One read of all lanes, then every batch that came of it, through to its commit.
  ///
  /// The batches' rounds share the connection in a queue: while Redis works on one lane's, the next lane decides.
  private func pass() throws(RedisError) {
    try read()
    var batches: [(lane: Lane, entries: [Entry])] = []
    for lane in ready {
      let before = lane.position
      let entries = lane.inputs.nextBatch(limit: lane.caution.isTryingAlone ? 1 : runner.options.batch)
      guard let first = entries.first else { continue }
      if lane.caution.isTryingAlone { try suspect(first, in: lane, at: before) }
      batches.append((lane, entries))
    }
    var queue: [Flight] = []
    for (lane, entries) in batches {
      let flight = Flight(lane: lane, work: begin(entries, in: lane), entries: entries.count)
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
    if let entry = entries.first, lane.caution.condemned == lane.name(of: entry) {
      return CondemnedWork(entry: entry, stream: lane.inputs[entry.stream].stream)
    }
    return lane.handler.begin(entries)
  }

  /// Lets the batch take its next step and sends what comes of it. Nil where there is nothing more to do.
  private func advance(_ flight: Flight, _ replies: [Reply]) throws(RedisError) -> Flight? {
    var flight = flight
    var commands = Commands()
    do throws(RedisError) {
      try flight.work.next(replies, commands: &commands, commit: &flight.commit)
    } catch {
      try drop(flight.lane, because: error)
      return nil
    }
    if commands.isEmpty {
      // What left nothing to write need not be written down at once: the next commit or heartbeat does it.
      if flight.commit.isEmpty && !flight.lane.caution.isTryingAlone {
        count(flight)
        return nil
      }
      flight.committing = .now
      commands.add(
        flight.commit.call(
          digest: commitDigest, token: flight.lane.token,
          leaseMilliseconds: runner.options.lease.milliseconds, inputs: flight.lane.inputs))
    }
    flight.awaited = commands.count
    try connection.send(commands)
    return flight
  }

  private func settle(
    _ flight: Flight, sent: ContinuousClock.Instant, _ replies: [Reply]
  ) throws(RedisError) {
    guard let answer = replies.first else { return }
    if let error = answer.error { return try drop(flight.lane, because: error) }
    flight.commit.note(answer, in: &flight.lane.inputs)
    flight.lane.committed()
    if flight.lane.caution.isTryingAlone { flight.lane.caution.passed() }
    metrics.committed(flight.commit, in: .now - sent)
    runner.note {
      $0.commits += 1
      $0.deadLetters += flight.commit.deadLetters.count
    }
    count(flight)
    for letter in flight.commit.deadLetters { report(letter.entry, letter.stream, letter.error, flight.lane) }
  }

  private func count(_ flight: Flight) {
    metrics.handled(flight.entries)
    runner.note { $0.entries += flight.entries }
  }

  /// Logs that an entry was put aside: where and why, but nothing of what people wrote in it.
  private func report(_ entry: Entry, _ stream: String, _ error: FieldError, _ lane: Lane) {
    runner.logger.warning(
      "put an entry aside",
      metadata: [
        "lane": "\(lane.spec.name)", "stream": "\(stream)", "entry": "\(entry.id)",
        "commandid": "\(entry.value("commandid")?.string?.prefix(100) ?? "-")", "field": "\(error.field)",
        "reason": "\(error.reason.rawValue)",
      ])
  }

  /// Stops to hold a lane. Unless another owner has it, the next heartbeat takes it again, from its cursor.
  func drop(_ lane: Lane, because error: RedisError) throws(RedisError) {
    if error.code == .refused(kind: "NOSCRIPT") { throw error }
    lanes.removeAll { $0 === lane }
    let isFenced = error.code == .refused(kind: "FENCED")
    runner.note {
      $0.lanes = lanes.map(\.spec.name)
      if isFenced { $0.fenced += 1 }
    }
    if isFenced { metrics.wasFenced() }
    let metadata: Logger.Metadata = ["lane": "\(lane.spec.name)", "error": "\(error)"]
    if isFenced {
      runner.logger.notice("another replica has the lane", metadata: metadata)
    } else {
      runner.logger.error("a batch failed and will be tried again", metadata: metadata)
    }
  }
}

/// A batch between two of its steps.
private struct Flight {
  let lane: Lane
  var work: any LaneWork
  let entries: Int
  var commit: Commit
  var awaited = 0
  /// When its commit was sent.
  var committing: ContinuousClock.Instant?

  init(lane: Lane, work: any LaneWork, entries: Int) {
    self.lane = lane
    self.work = work
    self.entries = entries
    commit = Commit(lane: lane.spec.name)
  }
}
