import Doors
import Health
import Hummingbird
import Identity
import Logging
import Redis
import ServiceLifecycle

/// The HTTP ingress: serves the deal's items as REST resources, and turns writes into commands for the lanes.
package struct IngressServer: Service {
  private let options: IngressOptions
  private let health: Health
  private let logger: Logger
  private let onServerRunning: @Sendable (Int) async -> Void
  private let redis: RedisClient
  /// A separate connection for reads, so that no write waits behind a large page.
  private let reading: RedisClient

  /// - Parameter onServerRunning: called with the port once the server accepts calls.
  package init(
    options: IngressOptions, health: Health, logger: Logger,
    onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) {
    self.options = options
    self.health = health
    self.logger = logger
    self.onServerRunning = onServerRunning
    let redis = RedisClient(options.redis)
    self.redis = redis
    let reading = RedisClient(options.redis)
    self.reading = reading
    let shards = ShardCheck(clients: [redis, reading], shards: options.shards)
    health.addCheck("redis") { await shards.run() }
    if let identity = options.identity { health.addCheck("identity") { Health.Finding(identity.trouble) } }
  }

  /// Serves until a graceful shutdown, which accepts no new calls and finishes the running ones.
  package func run() async throws {
    // A new name for every run, so that no process reads outcomes meant for another.
    let ingress = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let pending = PendingReplies()
    let backlog = FullShards(
      redis: redis, backlog: ShardBacklog(shards: options.shards, limit: options.backlogLimit))
    let blocks = IDBlocks { [logger] in logger.error("\($0)") }
    let listener = ReplyListener(
      options.redis, ingress: ingress, shards: options.shards, pending: pending, logger: logger)
    let notices = NoticeFeed(
      options.redis, reading, shards: options.shards, limits: options.limits, logger: logger)
    let routes = Routes(
      writes: Writes(
        redis: redis, shards: options.shards, ingress: ingress, pending: pending, ordinaryWait: options.wait,
        backlog: backlog, blocks: blocks),
      reads: Reads(redis: reading, shards: options.shards), notices: notices, options: options)
    let app = Application(
      router: routes.router(health: health, logger: logger),
      server: .http1(within: options.limits, behind: options.trustedProxies),
      configuration: .init(address: .hostname(options.host, port: options.port), backlog: 1024),
      onServerRunning: { [onServerRunning] in await onServerRunning($0.localAddress?.port ?? 0) },
      logger: logger)
    redis.start()
    reading.start()
    listener.start()
    defer {
      notices.stop()
      listener.stop()
      reading.stop()
      redis.stop()
    }
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup { tasks in
        tasks.addTask { [logger] in try await backlog.watch(logger: logger) }
        tasks.addTask { try await pending.watch() }
        tasks.addTask { try await notices.watch() }
        if let identity = options.identity { tasks.addTask { try await identity.run() } }
        tasks.addTask { [redis] in try await blocks.watch(redis) }
        try await PortTaken.explain(options.port, setting: "--port or HANDOVER_PORT") { try await app.run() }
        tasks.cancelAll()
      }
    } onGracefulShutdown: { [health] in
      health.beginStopping()
      // They would never finish by themselves.
      notices.stop()
    }
  }
}
