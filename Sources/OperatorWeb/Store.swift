import Operations
import Redis
import Runtime
import Synchronization

/// Access to Redis, which is found when it is needed first and can be away at any time.
///
/// Every call has a thread and a connection of its own; the limit of connections to the server bounds both.
final class Store: Sendable {
  private let url: RedisURL
  private let found = Mutex<RedisDeployment?>(nil)

  init(_ url: RedisURL) { self.url = url }

  /// Returns where Redis is. Blocks.
  func deployment() throws -> RedisDeployment {
    if let known = found.withLock({ $0 }) { return known }
    let deployment = try RedisDeployment(of: url)
    found.withLock { $0 = deployment }
    return deployment
  }

  /// Does blocking work on a thread of its own, also if masters of a cluster are away.
  func runAnywhere<Result: Sendable>(
    _ work: @escaping @Sendable (RedisDeployment) throws -> Result
  ) async throws -> Result {
    try await Start.onThread { [self] in try work(deployment()) }
  }

  /// Does blocking work with a link of its own, on a thread of its own.
  func run<Result: Sendable>(
    _ work: @escaping @Sendable (any RedisLink) throws -> Result
  ) async throws -> Result {
    try await runAnywhere { try work($0.connect()) }
  }
}
