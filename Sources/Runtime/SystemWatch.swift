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
  static let interval = Duration.seconds(2)
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
      var consent = Consent()
      while (try? await Task.sleep(for: Self.interval)) != nil {
        let look = try? await look(raising: consent.isLasting)
        consent.note(look?.canRise ?? false, at: .now)
        // While Redis is unavailable, there is nothing to find out.
        guard let look else { continue }
        if look.finding != last { tell(look.finding) }
        last = look.finding
        build.tell(system.format)
        if let obstacle = look.format.obstacle { throw StartError(obstacle) }
        if let restored = look.restored, restored.id != system.restored?.id {
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

  private struct Look {
    let finding: Finding
    let format: FormatState
    /// Whether nobody is in the way of the next format.
    let canRise: Bool
    let restored: Restored?
  }

  /// - Parameter isDue: Whether the format is raised if nobody is in the way.
  private func look(raising isDue: Bool) async throws -> Look {
    try await Start.onThread { [self] in
      let link = try system.redis.connect()
      let restored = try Restored(on: link)
      // Before anything is written: what is being restored must find nothing there.
      if let restored, restored.id != system.restored?.id {
        return Look(finding: .same, format: try FormatState(on: link), canRise: false, restored: restored)
      }
      let reply = try link.call("SET", Key.shardCount, "\(system.shards)", "NX", "GET")
      try ingress?.join(Fleet.ingress, for: Self.lifetime, over: link)
      var format = try FormatState(on: link)
      let canRise = try canRise(format, on: link)
      if canRise, isDue, try format.raise(on: link) {
        format = try FormatState(on: link)
        logger.notice("the format of the data was raised", metadata: ["format": "\(format.writes)"])
      }
      system.format.raise(to: format.writes)
      let isSame = reply.integer == system.shards
      let finding: Finding = reply.isNull ? .missing : isSame ? .same : .other(reply.string ?? "no text")
      return Look(finding: finding, format: format, canRise: canRise, restored: restored)
    }
  }

  /// Returns nil if it is not time yet, or Redis is unavailable.
  private func lookAtMemory(_ watch: MemoryWatch?) async -> MemoryWatch.Finding? {
    guard let watch, watch.isDue else { return nil }
    return try? await Start.onThread { [self] in
      try MemoryWatch.look(at: system.redis.connect(), shards: system.shards)
    }
  }

  private func canRise(_ format: FormatState, on link: any RedisLink) throws(RedisError) -> Bool {
    guard isFirst, !format.isHeld, format.writes < DataFormat.current else { return false }
    return try Fleet(on: link).obstacle(to: format.writes + 1) == nil
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

/// Whether all replicas could follow for long enough.
///
/// When Redis comes back after an outage, all replicas count as dead until they have registered again, and an older one
/// can be the last to do so; one that hangs for a moment counts as dead, too.
struct Consent {
  /// How often, one look after another, nobody may be in the way.
  static let enough = 5
  /// After a longer time between two looks, nobody knows what was in between.
  static let longest = SystemWatch.interval * 2

  private var looks = 0
  private var last: ContinuousClock.Instant?

  var isLasting: Bool { looks >= Self.enough }

  /// Notes a look.
  ///
  /// - Parameter isGiven: whether nobody is in the way; false if that could not be found out.
  mutating func note(_ isGiven: Bool, at now: ContinuousClock.Instant) {
    let follows = last.map { now - $0 <= Self.longest } ?? true
    looks = isGiven ? (follows ? looks : 0) + 1 : 0
    last = now
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
