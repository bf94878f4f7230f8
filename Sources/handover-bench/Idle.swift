import Foundation
import Processes
import Redis

/// Measures the cost of a whole system that nobody uses.
struct Idle: Sendable {
  struct Result: Sendable {
    /// The share of one core that the process uses.
    let processShare: Double
    let redisShare: Double
    let commandsPerSecond: Double
  }

  private let duration: Duration

  init(for duration: Duration) { self.duration = duration }

  /// Runs `handover dev`: every worker, the ingress and a private Redis.
  func run() throws -> Result {
    let folder = URL(fileURLWithPath: "/tmp/handover-bench-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    Cleanup.add(folder)
    defer {
      try? FileManager.default.removeItem(at: folder)
      Cleanup.remove(folder)
    }
    let dev = try RunningProcess(
      Executables.own.path("handover"), ["dev"],
      environment: ["HANDOVER_DATA": folder.path, "HANDOVER_PORT": "0", "HANDOVER_REDIS_URL": ""],
      log: folder.appending(path: "dev.log"))
    Cleanup.add(dev.id)
    defer {
      dev.terminate(within: .seconds(10))
      Cleanup.remove(dev.id)
    }
    let redis = try connect(to: RedisURL("unix://\(folder.path)/redis.sock"), of: dev)
    let redisID = try RedisInfo(redis).processID
    Cleanup.add(redisID)
    // `handover dev` stops its Redis itself.
    defer { Cleanup.remove(redisID) }
    // Start-up is over when the lanes have been divided and the first leases extended.
    Thread.sleep(forTimeInterval: 3)
    let (start, began) = (try RedisInfo(redis), ContinuousClock.now)
    let before = (dev.cpuSeconds, RunningProcess.cpuSeconds(of: redisID))
    Thread.sleep(forTimeInterval: duration.seconds)
    let after = (dev.cpuSeconds, RunningProcess.cpuSeconds(of: redisID))
    let (end, seconds) = (try RedisInfo(redis), (ContinuousClock.now - began).seconds)
    return Result(
      processShare: (after.0 - before.0) / seconds, redisShare: (after.1 - before.1) / seconds,
      commandsPerSecond: (end.number("total_commands_processed") - start.number("total_commands_processed"))
        / seconds)
  }

  private func connect(to url: RedisURL, of dev: RunningProcess) throws -> RedisConnection {
    let deadline = ContinuousClock.now + .seconds(20)
    while !dev.hasEnded, ContinuousClock.now < deadline {
      if let redis = try? RedisConnection(url) { return redis }
      Thread.sleep(forTimeInterval: 0.02)
    }
    throw BenchError("handover dev did not start.")
  }
}
