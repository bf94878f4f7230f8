import Foundation
import Lanes
import Redis
import Workers

/// Measures how fast one reservation worker empties the shards' command streams.
///
/// The time counts from the moment the worker holds a lane until all cursors are at the end: of the commands,
/// and of the journal, where the worker must also advance past its own events.
struct Drain: Sendable {
  struct Result: Codable, Sendable {
    let entries: Int
    /// The time until the last command was committed.
    let decidedSeconds: Double
    /// The time until the journal was also read to its end.
    let seconds: Double
    let workerCPU: Double
    let redis: RedisCost
    /// The 99th percentile of a commit's time inside Redis, in microseconds.
    let commitP99: Double

    var decidedPerSecond: Double { Double(entries) / decidedSeconds }
    var entriesPerSecond: Double { Double(entries) / seconds }
  }

  /// What workers do unless told otherwise.
  static let (batch, threads) = (256, 2)

  let batch: Int
  let threads: Int

  init(batch: Int = Self.batch, threads: Int = Self.threads) {
    self.batch = batch
    self.threads = threads
  }

  /// Runs a worker on the rest of `backlog` until all is done, and checks the result.
  func measure(_ backlog: Backlog, on stage: BenchSystem) throws -> Result {
    let redis = stage.redis
    let before = try backlog.progress(redis)
    try redis.resetStatistics()
    let start = try RedisInfo(redis)
    let worker = try stage.start(
      "reservation-worker", ["--threads", "\(threads)", "--batch", "\(batch)", "--log-level", "warning"])
    var question = Commands()
    for index in 0..<stage.shards {
      question.add("EXISTS", LaneName(worker: WorkerKind.reservation.rawValue, tag: Shard(index).tag).lease)
    }
    try stage.waitUntil("a lane is taken", every: .microseconds(500)) {
      try redis.exchange(question).contains { $0.integer != 0 }
    }
    let (began, workerCPU) = (ContinuousClock.now, worker.cpuSeconds)
    var decided: Duration?
    try stage.waitUntil("the backlog is done") {
      let progress = try backlog.progress(redis)
      if decided == nil, progress.decided == backlog.total { decided = .now - began }
      return progress.decided == backlog.total && progress.followed == backlog.total
    }
    let (took, workerEnd) = (ContinuousClock.now - began, worker.cpuSeconds)
    let end = try RedisInfo(redis)
    stage.stop(worker)
    try backlog.check(redis)
    return Result(
      entries: backlog.total - before.decided, decidedSeconds: (decided ?? took).seconds,
      seconds: took.seconds,
      workerCPU: workerEnd - workerCPU, redis: RedisCost(from: start, to: end),
      commitP99: end.percentile("p99", of: "evalsha"))
  }

  /// Runs the measurement on its own Redis, or on its own cluster of `masters`.
  func run(
    entries: Int, shards: Int, masters: Int? = nil, transport: BenchServers.Transport = .socket
  ) throws -> Result {
    let stage = try BenchSystem(shards: shards, masters: masters, transport: transport)
    defer { stage.end() }
    var backlog = Backlog(shards: shards)
    try backlog.add(entries, to: stage.redis)
    return try measure(backlog, on: stage)
  }
}
