import Health
import Lanes
import Logging
import Redis
import ServiceLifecycle
import Workers

/// A worker executable: its replicas on their threads, and its health server, until SIGTERM or Ctrl-C.
public enum WorkerProcess {
  public static func run(_ role: Role, _ settings: Settings, _ worker: WorkerSettings) async throws {
    let logger = try settings.logger(role.rawValue)
    _ = Observability.telemetry
    let (url, wanted) = (try settings.redis(), try settings.wantedShards())
    let (threads, healthPort) = (try worker.resolvedThreads(), try worker.resolvedHealthPort())
    let options = try worker.lanes.options()
    let shards = try await Start.shards(url, wanted: wanted, logger: logger)
    let runners = (0..<threads).map { _ in
      LaneRunner(
        worker: role.rawValue, lanes: role.lanes(shards: shards), url: url, options: options, logger: logger)
    }
    var services: [any Service] = []
    if let healthPort {
      let health = Health(allowsDown: Settings.text("handover.actuator.down") == "true")
      for (index, runner) in runners.enumerated() {
        health.addCheck("lanes-\(index + 1)") { runner.trouble }
      }
      services.append(HealthService(health, port: healthPort, logger: logger))
    }
    services.append(LaneService(runners))
    logger.info("started", metadata: ["redis": "\(url)", "shards": "\(shards)", "threads": "\(threads)"])
    try await run(services, logger: logger)
    logger.info("stopped")
  }

  /// Runs services until a signal asks them to stop; the last one stops first.
  public static func run(_ services: [any Service], logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
  }
}

extension LaneRunner {
  /// Why the runner is not ready; nil while its passes come to an end in time.
  public var trouble: String? {
    let (state, limit) = (state, options.heartbeat * 3)
    if let (lane, reason) = state.halted.min(by: { "\($0.key)" < "\($1.key)" }) {
      return "\(lane) stands still: \(reason)"
    }
    guard let lastPass = state.lastPass else { return "no pass over the lanes yet" }
    let silence = ContinuousClock.now - lastPass
    return silence <= limit ? nil : "no pass over the lanes for \(silence)"
  }
}
