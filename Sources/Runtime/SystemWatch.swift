import CoreMetrics
import Keys
import Lanes
import Logging
import Redis
import ServiceLifecycle
import Telemetry
import Workers

/// Watches what a process relies on as long as it runs: the number of shards, the format of the data, and that it is
/// still the same data.
///
/// The number of shards is the one key that never changes and is never deleted. If it is missing, Redis was emptied: a
/// process started with another number would store data in other shards, so it is written again immediately. If it is
/// another one, another system uses this Redis.
///
/// The format can be raised at any time; if to one that this release cannot read, the process ends. It also ends when a
/// backup is restored: all that it remembers is of the data before that.
///
/// One of the workers also watches how much memory Redis has left.
package struct SystemWatch: Service {
  private static let interval = Duration.seconds(2)
  /// How long an ingress counts as alive after its last look.
  private static let lifetime = Duration.seconds(10)

  private let system: Start.System
  private let logger: Logger
  private let service: any Service
  private let isFirst: Bool
  private let ingress: Replica?

  /// - Parameters:
  ///   - isFirst: Whether to do what one of the workers does for all: raises the format once all living replicas can
  ///     follow, and watches the memory.
  ///   - isIngress: Whether to register as an ingress.
  ///   - service: The service that relies on the system. The watch ends with it.
  package init(
    _ system: Start.System, isFirst: Bool, isIngress: Bool, logger: Logger, beside service: any Service
  ) {
    self.system = system
    self.isFirst = isFirst
    self.logger = logger
    self.service = service
    let name = "\(Fleet.ingress)-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
    ingress = isIngress ? Replica(name: name, build: .this) : nil
  }

  package func run() async throws {
    try await withThrowingTaskGroup { group in
      group.addTask {
        try await service.run()
        return true
      }
      group.addTask {
        try await watch()
        return false
      }
      defer { group.cancelAll() }
      while let isService = try await group.next(), !isService {}
    }
  }

  private func watch() async throws {
    try await cancelWhenGracefulShutdown {
      var last: Finding?
      var build = BuildInfo(system.format)
      var memory = isFirst ? MemoryWatch() : nil
      while (try? await Task.sleep(for: Self.interval)) != nil {
        // While Redis is unavailable, there is nothing to find out.
        guard let (finding, format, restored) = try? await look() else { continue }
        if finding != last { tell(finding) }
        last = finding
        build.tell(system.format)
        if let obstacle = format.obstacle { throw StartError(obstacle) }
        guard restored?.id == system.restored?.id else {
          throw StartError(
            "A backup was restored: start this process again, it knows only the data before that.")
        }
        if let found = await lookAtMemory(memory) { memory?.tell(found) }
      }
    }
  }

  private enum Finding: Equatable {
    case same, missing
    case other(String)
  }

  private func look() async throws -> (Finding, FormatState, Restored?) {
    try await Start.onThread { [self] in
      let link = try system.redis.connect()
      let restored = try Restored(on: link)
      // Before anything is written: what is being restored must find nothing there.
      if restored?.id != system.restored?.id { return (.same, try FormatState(on: link), restored) }
      let reply = try link.call("SET", Key.shardCount, "\(system.shards)", "NX", "GET")
      try ingress?.join(Fleet.ingress, for: Self.lifetime, over: link)
      let format = try raised(FormatState(on: link), on: link)
      system.format.raise(to: format.writes)
      if reply.isNull { return (.missing, format, restored) }
      return (reply.integer == system.shards ? .same : .other(reply.string ?? "no text"), format, restored)
    }
  }

  /// Returns nil if it is not time yet, or Redis is unavailable.
  private func lookAtMemory(_ watch: MemoryWatch?) async -> MemoryWatch.Finding? {
    guard let watch, watch.isDue else { return nil }
    return try? await Start.onThread { [self] in
      try MemoryWatch.look(at: system.redis.connect(), shards: system.shards)
    }
  }

  /// Returns the format, raised if it can be.
  private func raised(_ format: FormatState, on link: any RedisLink) throws(RedisError) -> FormatState {
    guard isFirst, !format.isHeld, format.writes < DataFormat.current,
      try Fleet(on: link).obstacle(to: format.writes + 1) == nil, try format.raise(on: link)
    else { return format }
    let now = try FormatState(on: link)
    logger.notice("the format of the data was raised", metadata: ["format": "\(now.writes)"])
    return now
  }

  private func tell(_ finding: Finding) {
    switch finding {
    case .same: break
    case .missing:
      logger.warning(
        "Redis was emptied or replaced: deals, streams and cursors are gone. Restore a backup, or start from scratch",
        metadata: ["shards": "\(system.shards)"])
    case .other(let found):
      logger.critical(
        "another system uses this Redis: stop this process, or point it at its own Redis",
        metadata: ["shards": "\(system.shards)", "found": "\(found)"])
    }
  }
}

/// The release and the format that a process writes, as a metric.
private struct BuildInfo {
  private var told = 0
  private var meter: Meter?

  init(_ format: WrittenFormat) { tell(format) }

  /// A metric of the former format would go on saying that it is written.
  mutating func tell(_ format: WrittenFormat) {
    guard format.current != told else { return }
    told = format.current
    meter?.destroy()
    meter = Meter(
      label: Metric.buildInfo.rawValue, dimensions: [("release", Release.version), ("format", "\(told)")])
    meter?.set(1)
  }
}
