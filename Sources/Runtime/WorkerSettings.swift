import ArgumentParser
import Lanes

/// The settings of the workers, in addition to the common ones.
package struct WorkerSettings: ParsableArguments {
  private static let usualThreads = 1

  @Option(
    help: ArgumentHelp(
      "How many replicas of the worker this process runs, each with its own thread and connection.",
      discussion: "HANDOVER_THREADS; \(usualThreads) if neither is given.", valueName: "count"))
  package var threads: Int?

  @Option(
    name: .customLong("health-port"),
    help: ArgumentHelp(
      "The port for GET /actuator/health, /liveness, /readiness and /metrics.",
      discussion: "HANDOVER_HEALTH_PORT; no health server if neither is given.", valueName: "port"))
  package var healthPort: Int?

  @Option(
    help: ArgumentHelp(
      "The address that the health port listens on.",
      discussion: "HANDOVER_HOST; \(Settings.anyHost) (all interfaces) if neither is given.",
      valueName: "address"))
  package var host: String?

  @OptionGroup package var lanes: LaneSettings

  package init() {}

  func resolvedThreads() throws -> Int {
    try Settings.number(threads, "--threads", or: "handover.threads", in: 1...64) ?? Self.usualThreads
  }

  func resolvedHost() -> String { host ?? Settings.text("handover.host") ?? Settings.anyHost }

  func resolvedHealthPort() throws -> Int? {
    try Settings.number(healthPort, "--health-port", or: "handover.health.port", in: 0...65535)
  }
}
