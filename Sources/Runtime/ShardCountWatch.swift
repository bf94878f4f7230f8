import Keys
import Logging
import Redis
import ServiceLifecycle

/// Detects that Redis was emptied while the system runs, or that another system uses it now.
///
/// The shard count is the one key that never changes and is never deleted. Without it, a process started with
/// another number would store data in other shards; so it is written again immediately.
package struct ShardCountWatch: Service {
  private static let interval = Duration.seconds(2)

  private let system: Start.System
  private let logger: Logger
  private let service: any Service

  /// - Parameter service: The service that uses this number of shards. The watch ends with it.
  package init(_ system: Start.System, logger: Logger, beside service: any Service) {
    self.system = system
    self.logger = logger
    self.service = service
  }

  package func run() async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { await watch() }
      defer { group.cancelAll() }
      try await service.run()
    }
  }

  private func watch() async {
    await cancelWhenGracefulShutdown {
      var last: Finding?
      while (try? await Task.sleep(for: Self.interval)) != nil {
        // While Redis is unavailable, there is nothing to find out.
        guard let finding = try? await look() else { continue }
        if finding != last { tell(finding) }
        last = finding
      }
    }
  }

  private enum Finding: Equatable {
    case same, missing
    case other(String)
  }

  private func look() async throws -> Finding {
    try await Start.onThread { [system] in
      let reply = try system.redis.connect().call(
        "SET", Key.shardCount, "\(system.shards)", "NX", "GET")
      if reply.isNull { return .missing }
      return reply.integer == system.shards ? .same : .other(reply.string ?? "no text")
    }
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
