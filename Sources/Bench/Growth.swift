import Foundation

/// Whether the drain keeps its pace when there is more: of backlog, of history, of shards.
public struct Growth: Sendable {
  /// How much is drained where the backlog itself is not what grows.
  private static let sample = 50_000

  private let drain: Drain
  private let limit: Int

  /// - Parameter limit: the largest backlog, and the longest history.
  public init(_ drain: Drain, limit: Int) {
    self.drain = drain
    self.limit = limit
  }

  public func run(progress: (String) -> Void) throws -> Table {
    var table = Table("what", "entries/s", "decided/s", "commit p99 µs", "worker µs", "Redis µs", "bytes")
    func add(_ what: String, _ result: Drain.Result) {
      let count = Double(result.entries)
      table.add(
        what, decimal(result.entriesPerSecond), decimal(result.decidedPerSecond), decimal(result.commitP99),
        decimal(result.workerCPU / count * 1e6, 1), decimal(result.redis.cpuSeconds / count * 1e6, 1),
        decimal(result.redis.memoryBytes / count))
      progress("\(what): \(decimal(result.entriesPerSecond)) entries/s")
    }
    for size in [10_000, 100_000, 1_000_000] where size <= limit {
      let stage = try Stage(shards: 8)
      defer { stage.end() }
      var backlog = Backlog(shards: 8)
      try backlog.add(size, to: stage.redis)
      add("backlog of \(decimal(Double(size)))", try drain.measure(backlog, on: stage))
      try backlog.add(Self.sample, to: stage.redis)
      add("the next \(decimal(Double(Self.sample))) after it", try drain.measure(backlog, on: stage))
    }
    for shards in [1, 2, 4, 8, 16] {
      let result = try drain.run(entries: min(limit, 2 * Self.sample), shards: shards)
      add("\(shards) shard\(shards == 1 ? "" : "s")", result)
    }
    return table
  }
}
