import Foundation
import Runtime

/// Measures whether the drain keeps its pace with more backlog, more history and more shards.
struct Growth: Sendable {
  struct Result: Sendable {
    let table: TextTable
    /// The ratios of the pace behind the long history to that behind the short one, one per turn.
    let historyRatios: [Double]
  }

  /// The same backlog behind a short history and behind a long one.
  struct Pair: Sendable {
    let short: Drain.Result
    let long: Drain.Result
  }

  private static let turns = 5

  private let drain: Drain
  private let limit: Int
  /// The size of the backlog where something else grows.
  private let sample: Int
  private let shortHistory: Int

  /// - Parameter limit: The largest backlog, and the longest history.
  init(_ drain: Drain, limit: Int, sample: Int = 50_000, shortHistory: Int = 10_000) {
    self.drain = drain
    self.limit = limit
    self.sample = sample
    self.shortHistory = shortHistory
  }

  func run(progress: (String) -> Void) throws -> Result {
    var table = TextTable(
      "what", "entries/s", "decided/s", "commit p99 µs", "worker µs", "Redis µs", "bytes", alignsNumbers: true
    )
    func add(_ what: String, _ result: Drain.Result) {
      let count = Double(result.entries)
      table.add(
        what, decimal(result.entriesPerSecond), decimal(result.decidedPerSecond), decimal(result.commitP99),
        decimal(result.workerCPU / count * 1e6, 1), decimal(result.redis.cpuSeconds / count * 1e6, 1),
        decimal(result.redis.memoryBytes / count))
      progress("\(what): \(decimal(result.entriesPerSecond)) entries/s")
    }
    for size in [10_000, 100_000] where size < limit {
      add("backlog of \(decimal(Double(size)))", try drain.run(entries: size, shards: 8))
    }
    let pairs = try compareHistories(turns: Self.turns, report: add)
    for shards in [1, 2, 4, 8, 16] {
      let result = try drain.run(entries: min(limit, 2 * sample), shards: shards)
      add("\(shards) shard\(shards == 1 ? "" : "s")", result)
    }
    return Result(
      table: table, historyRatios: pairs.map { $0.long.entriesPerSecond / $0.short.entriesPerSecond })
  }

  /// Drains the largest backlog, and then the same smaller one behind that and behind a short history, in turn, so that
  /// other load on the machine affects both equally.
  ///
  /// - Parameter report: Gets each measurement and what it is.
  func compareHistories(turns: Int, report: (String, Drain.Result) -> Void) throws -> [Pair] {
    let stage = try BenchSystem(shards: 8)
    defer { stage.end() }
    var backlog = Backlog(shards: 8)
    try backlog.add(limit, to: stage.redis)
    report("backlog of \(decimal(Double(limit)))", try drain.measure(backlog, on: stage))
    return try (0..<turns).map { _ in
      let short = try behindShortHistory()
      report("\(decimal(Double(sample))) behind \(decimal(Double(shortHistory)))", short)
      let history = backlog.total
      try backlog.add(sample, to: stage.redis)
      let long = try drain.measure(backlog, on: stage)
      report("\(decimal(Double(sample))) behind \(decimal(Double(history)))", long)
      return Pair(short: short, long: long)
    }
  }

  private func behindShortHistory() throws -> Drain.Result {
    let stage = try BenchSystem(shards: 8)
    defer { stage.end() }
    var backlog = Backlog(shards: 8)
    try backlog.add(shortHistory, to: stage.redis)
    _ = try drain.measure(backlog, on: stage)
    try backlog.add(sample, to: stage.redis)
    return try drain.measure(backlog, on: stage)
  }
}
