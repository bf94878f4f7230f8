import Foundation
import Runtime

/// Measures whether the drain keeps its pace with more backlog, more history and more shards.
struct Growth: Sendable {
  struct Result: Sendable {
    let table: TextTable
    /// The ratios of the pace behind the long history to that behind the short one, one per turn.
    let historyRatios: [Double]
  }

  /// The size of the backlog where something else grows.
  private static let sample = 50_000
  private static let shortHistory = 10_000
  private static let turns = 5

  private let drain: Drain
  private let limit: Int

  /// - Parameter limit: The largest backlog, and the longest history.
  init(_ drain: Drain, limit: Int) {
    self.drain = drain
    self.limit = limit
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
    let stage = try BenchSystem(shards: 8)
    defer { stage.end() }
    var backlog = Backlog(shards: 8)
    try backlog.add(limit, to: stage.redis)
    add("backlog of \(decimal(Double(limit)))", try drain.measure(backlog, on: stage))
    // Alternate, so that other load on the machine affects both equally.
    var ratios: [Double] = []
    for _ in 0..<Self.turns {
      let short = try behindShortHistory()
      add("\(decimal(Double(Self.sample))) behind \(decimal(Double(Self.shortHistory)))", short)
      let history = backlog.total
      try backlog.add(Self.sample, to: stage.redis)
      let long = try drain.measure(backlog, on: stage)
      add("\(decimal(Double(Self.sample))) behind \(decimal(Double(history)))", long)
      ratios.append(long.entriesPerSecond / short.entriesPerSecond)
    }
    for shards in [1, 2, 4, 8, 16] {
      let result = try drain.run(entries: min(limit, 2 * Self.sample), shards: shards)
      add("\(shards) shard\(shards == 1 ? "" : "s")", result)
    }
    return Result(table: table, historyRatios: ratios)
  }

  private func behindShortHistory() throws -> Drain.Result {
    let stage = try BenchSystem(shards: 8)
    defer { stage.end() }
    var backlog = Backlog(shards: 8)
    try backlog.add(Self.shortHistory, to: stage.redis)
    _ = try drain.measure(backlog, on: stage)
    try backlog.add(Self.sample, to: stage.redis)
    return try drain.measure(backlog, on: stage)
  }
}
