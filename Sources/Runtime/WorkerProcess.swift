import Health
import Keys
import Lanes
import Logging
import Market
import Redis
import ServiceLifecycle
import Workers

/// A worker executable: runs its replicas, each on a thread, and its health server until SIGTERM or Ctrl-C.
package enum WorkerProcess {
  package static func run(
    _ role: WorkerKind, _ settings: Settings, _ worker: WorkerSettings, _ policy: Policy
  ) async throws {
    let logger = try settings.logger(role.rawValue)
    _ = Observability.telemetry
    let (url, wanted) = (try settings.redis(), try settings.wantedShards())
    let (threads, healthPort) = (try worker.resolvedThreads(), try worker.resolvedHealthPort())
    let options = try worker.lanes.options(for: role)
    let backlogLimit = try Settings.backlogLimit(nil)
    let health = Health(allowsDown: Settings.text("handover.actuator.down") == "true")
    let lanes = AwaitedService(health) {
      let system = try await Start.system(url, wanted: wanted, logger: logger)
      let runners = (1...threads).map { number in
        let runner = LaneRunner(
          worker: role.rawValue,
          lanes: role.lanes(
            shards: system.shards, backlogLimit: backlogLimit, policy: policy, format: system.format),
          redis: system.redis, options: options, build: .this, logger: logger)
        health.addCheck("lanes-\(number)") { Health.Finding(trouble: runner.trouble) }
        return runner
      }
      logger.info(
        "started",
        metadata: [
          "release": "\(Release.version)", "redis": "\(url)", "shards": "\(system.shards)",
          "threads": "\(threads)",
        ])
      return SystemWatch(
        system, isFirst: role == .reservation, isIngress: false, logger: logger, beside: LaneService(runners))
    }
    var services: [any Service] = [lanes]
    if let healthPort {
      services.insert(
        HealthService(health, host: worker.resolvedHost(), port: healthPort, logger: logger), at: 0)
    }
    try await run(services, logger: logger)
    logger.info("stopped")
  }

  /// Runs services until a signal stops them, in reverse order.
  package static func run(_ services: [any Service], logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
  }
}

extension LaneRunner {
  /// Why the runner is not ready; nil while no lane stands still and its passes complete in time.
  package var trouble: String? {
    let (state, limit) = (state, options.heartbeat * 3)
    if let (lane, reason) = state.halted.min(by: { "\($0.key)" < "\($1.key)" }) {
      return "\(lane) stands still: \(reason)"
    }
    guard let lastPass = state.lastPass else { return state.outage ?? "no pass over the lanes yet" }
    let silence = ContinuousClock.now - lastPass
    if silence <= limit { return nil }
    return state.outage ?? "no pass over the lanes for \(silence)"
  }
}
