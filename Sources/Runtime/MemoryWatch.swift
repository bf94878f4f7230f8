import CoreMetrics
import Keys
import Lanes
import Market
import Redis
import Telemetry

/// The memory of Redis, and what waits there for its export, as metrics; and a sample for each hour, in Redis.
struct MemoryWatch {
  private static let interval = Duration.seconds(30)

  struct Finding: Sendable {
    let masters: [MasterMemory]
    /// How old the oldest record of the archive is, in seconds; 0 if there is none, nil if a shard is away.
    let archiveAge: Double?
  }

  private var next = ContinuousClock.now
  private var meters: [String: [Meter]] = [:]
  private let archiveAge = Meter(label: Metric.archiveAge.rawValue)

  var isDue: Bool { .now >= next }

  static func look(at link: any RedisLink, shards: Int) throws -> Finding {
    let masters = try link.memory()
    try? MemoryHistory.note(masters, on: link)
    return Finding(masters: masters, archiveAge: try? age(of: link, shards))
  }

  private static func age(of link: any RedisLink, _ shards: Int) throws -> Double {
    var ask = Commands("TIME")
    for index in 0..<shards { ask.add("XRANGE", Key.archive(of: Shard(index)), "-", "+", "COUNT", "1") }
    let replies = try link.exchange(ask)
    let now = try Double(replies[0].get()[0]?.integer ?? 0)
    let oldest = try replies.dropFirst().compactMap { reply in
      try reply.get()[0]?[0]?.string.flatMap { EntryID($0) }?.milliseconds
    }.min()
    return oldest.map { max(0, now - Double($0) / 1000) } ?? 0
  }

  mutating func tell(_ finding: Finding) {
    next = .now + Self.interval
    if let age = finding.archiveAge { archiveAge.set(age) }
    // A master that left would go on being full.
    for gone in meters.keys where !finding.masters.contains(where: { $0.master == gone }) {
      for meter in meters.removeValue(forKey: gone) ?? [] { meter.destroy() }
    }
    for memory in finding.masters {
      let by = [("master", memory.master)]
      let own =
        meters[memory.master]
        ?? [Metric.redisMemory, .redisMemoryLimit].map { Meter(label: $0.rawValue, dimensions: by) }
      for (meter, bytes) in zip(own, [memory.used, memory.limit]) { meter.set(bytes) }
      meters[memory.master] = own
    }
  }
}
