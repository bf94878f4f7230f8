import Doors
import Foundation
import Keys
import Lanes
import Market
import Processes
import Redis
import Workers

/// Lets deals come, end, leave for the archive and be exported, and watches the memory of Redis meanwhile.
///
/// Each deal has a product of its own, with a listing, a stock, a reservation and a handover, all under ids of doors.
struct Soak: Sendable {
  /// What is kept besides deals: how many entries of each stream, and so how many of everything that has passed.
  static let retention = 2000
  /// The people, few enough that each soon has all the notices that are kept of one.
  private static let (buyers, sellers) = (50, 10)
  private static let shards = 8
  private static let pause = Duration.seconds(2)
  /// How often it is looked how far behind the workers are, and how far they may be before no more deals are made: a
  /// journal keeps what one of them has still to read.
  private static let (lookout, mostBehind) = (Duration.milliseconds(250), 20_000)
  /// How often the archive is exported, in looks.
  private static let exports = 5

  struct Result: Sendable {
    let samples: [SoakSample]
    /// The memory of what stays of the deals that have left, by kind of key, in bytes.
    let remains: [(kind: String, bytes: Int)]
    let left: Int
    let exported: Int

    var bytesPerDeal: Double { Double(remains.reduce(0) { $0 + $1.bytes }) / Double(max(1, left)) }
  }

  let deals: Int
  /// How long what has ended is kept.
  let keep: Duration
  /// How long it takes at most; then fewer deals are made.
  let limit: Duration

  func run(_ report: (SoakSample) -> Void) throws -> Result {
    let stage = try BenchSystem(shards: Self.shards)
    defer { stage.end() }
    let days = decimal(keep.seconds / 86_400, 9)
    let workers = try WorkerKind.allCases.map {
      try stage.start(
        "\($0.rawValue)-worker", ["--log-level", "warning", "--threads", "2"],
        environment: [
          "HANDOVER_KEEP_ENDED_DAYS": days, "HANDOVER_RETENTION_ENTRIES": "\(Self.retention)",
        ])
    }
    try stage.waitUntil("the newest format is written") {
      try stage.redis.call("HGET", Key.format, "writes").integer == DataFormat.current
    }
    var driver = SoakDriver(stage, deals: deals, buyers: Self.buyers, sellers: Self.sellers)
    let exporter = SoakExporter(stage)
    var samples: [SoakSample] = []
    let began = ContinuousClock.now
    var (next, nextLookout) = (began, began)
    while !driver.isDone {
      if .now - began > limit { driver.stop() }
      if nextLookout <= .now {
        driver.rests = try stage.entriesBehind() > Self.mostBehind
        nextLookout = .now + Self.lookout
      }
      try driver.step()
      guard next <= .now else { continue }
      next = .now + Self.pause
      if samples.count % Self.exports == 0 { try exporter.goOn() }
      let sample = try Self.sample(stage, driver, at: .now - began)
      samples.append(sample)
      report(sample)
    }
    try stage.awaitCaughtUp()
    try exporter.finish()
    let last = try Self.sample(stage, driver, at: .now - began)
    samples.append(last)
    report(last)
    let exported = try exporter.count
    let remains = try Self.remains(stage, of: driver.left)
    guard exported == 3 * driver.left else {
      throw BenchError("\(exported) records were exported of \(driver.left) deals that left.")
    }
    for worker in workers { stage.stop(worker) }
    return Result(samples: samples, remains: remains, left: driver.left, exported: exported)
  }

  private static func sample(
    _ stage: BenchSystem, _ driver: SoakDriver, at time: Duration
  ) throws -> SoakSample {
    var ask = Commands()
    for index in 0..<stage.shards { ask.add("XLEN", Key.archive(of: Shard(index))) }
    let archive = try stage.redis.exchange(ask).reduce(0) { try $0 + ($1.get().integer ?? 0) }
    let sizes = try stage.redis.eachMaster { (_, server) throws(RedisError) in
      try server.call("DBSIZE").integer ?? 0
    }
    return SoakSample(
      seconds: time.seconds, ended: driver.ended, left: driver.left,
      memory: Int(try RedisInfo(stage.redis).memory), keys: sizes.reduce(0, +), archive: archive)
  }

  /// Returns the memory of all that stays of deals that have left. Throws if it is not of every one of them.
  private static func remains(_ stage: BenchSystem, of left: Int) throws -> [(kind: String, bytes: Int)] {
    var bytes: [String: Int] = [:]
    var entries: [String: Int] = [:]
    var cursor = "0"
    repeat {
      let page = try stage.redis.on(Key.shardCount) { (server) throws(RedisError) in
        try server.call("SCAN", cursor, "COUNT", "1000")
      }
      cursor = page[0]?.string ?? "0"
      let keys = (page[1]?.compactMap(\.string) ?? []).filter {
        $0.contains(/^(\{\d+\}:archived|directory):/)
      }
      if keys.isEmpty { continue }
      var ask = Commands()
      for key in keys {
        ask.add("MEMORY", "USAGE", key, "SAMPLES", "0")
        ask.add("HLEN", key)
      }
      let replies = try stage.redis.exchange(ask)
      for (place, key) in keys.enumerated() {
        let entity = Entity.allCases.first { key.contains("\($0.rawValue):") }?.rawValue ?? "?"
        let kind = "\(key.hasPrefix("directory") ? "directory" : "archived") \(entity)"
        bytes[kind, default: 0] += try replies[2 * place].get().integer ?? 0
        entries[kind, default: 0] += try replies[2 * place + 1].get().integer ?? 0
      }
    } while cursor != "0"
    guard entries.count == 2 * Entity.allCases.count, entries.values.allSatisfy({ $0 == left }) else {
      throw BenchError("Of \(left) deals that left, there should be as many of each of these: \(entries)")
    }
    return bytes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// One look at the system.
struct SoakSample: Sendable {
  let seconds: Double
  /// How many deals have ended, and how many of them have left for the archive.
  let ended: Int
  let left: Int
  /// What Redis uses, in bytes.
  let memory: Int
  let keys: Int
  /// How many records wait for their export.
  let archive: Int

  static let header = "seconds,ended,left,memory,keys,archive"
  var line: String { "\(decimal(seconds, 1)),\(ended),\(left),\(memory),\(keys),\(archive)" }
}

/// The operator's command, again and again beside everything else.
private final class SoakExporter {
  private let stage: BenchSystem
  private let folder: URL
  private var running: RunningProcess?

  init(_ stage: BenchSystem) {
    self.stage = stage
    folder = stage.folder.appending(path: "archive")
  }

  /// How many records it has written.
  var count: Int {
    get throws {
      let log = try String(contentsOf: stage.folder.appending(path: "handover.log"), encoding: .utf8)
      return log.matches(of: /(\d+) records are in/).reduce(0) { $0 + (Int($1.1) ?? 0) }
    }
  }

  /// Starts a run, unless one is under way. What earlier ones wrote is removed, as there can be gigabytes of it.
  func goOn() throws {
    if let running {
      guard running.hasEnded else { return }
      try end(running)
    }
    try? FileManager.default.removeItem(at: folder)
    running = try stage.launch(
      "handover", ["archive", "--to", folder.path], environment: ["HANDOVER_KEEP_ENDED_DAYS": "0"])
  }

  /// Waits for the last run, and for one after it.
  func finish() throws {
    for _ in 0..<2 {
      running?.wait()
      try goOn()
    }
    running?.wait()
    if let running { try end(running) }
  }

  private func end(_ process: RunningProcess) throws {
    guard process.exitStatus == 0 else { throw BenchError("handover archive failed.") }
    Cleanup.remove(process.id)
    running = nil
  }
}
