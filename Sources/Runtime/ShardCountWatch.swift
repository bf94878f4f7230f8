import Keys
import Logging
import Redis
import ServiceLifecycle

/// Notices that Redis was emptied under the running system, and that another system lives there now.
///
/// The number of shards is the one key that never changes and never goes. Without it a process that starts with another
/// number would lay out data in other shards; so it is written again at once.
package struct ShardCountWatch: Service {
  private static let interval = Duration.seconds(2)

  private let url: RedisURL
  private let shards: Int
  private let logger: Logger
  private let service: any Service

  /// - Parameter service: what works with that number of shards; the watch ends with it.
  package init(_ url: RedisURL, shards: Int, logger: Logger, beside service: any Service) {
    self.url = url
    self.shards = shards
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
        // While Redis is away there is nothing to learn.
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
    try await Start.onThread { [url, shards] in
      let reply = try RedisConnection(url).call("SET", Key.shardCount, "\(shards)", "NX", "GET")
      if reply.isNull { return .missing }
      return reply.integer == shards ? .same : .other(reply.string ?? "no text")
    }
  }

  private func tell(_ finding: Finding) {
    switch finding {
    case .same: break
    case .missing:
      logger.warning(
        "Redis was emptied, or is another one: deals, streams and cursors are gone. Restore a backup, or go on from nothing",
        metadata: ["shards": "\(shards)"])
    case .other(let found):
      logger.critical(
        "another system lives in this Redis: stop this process, or point it at its own Redis",
        metadata: ["shards": "\(shards)", "found": "\(found)"])
    }
  }
}
