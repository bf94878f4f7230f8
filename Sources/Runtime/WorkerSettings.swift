import ArgumentParser
import Lanes

/// What every worker takes besides the common settings.
package struct WorkerSettings: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many replicas of the worker this process runs, each on a thread with a connection of its own.",
      discussion: "HANDOVER_THREADS; 1 if neither is given.", valueName: "count"))
  package var threads: Int?

  @Option(
    name: .customLong("health-port"),
    help: ArgumentHelp(
      "Where to answer GET /actuator/health, /liveness and /readiness.",
      discussion: "HANDOVER_HEALTH_PORT; no health server if neither is given.", valueName: "port"))
  package var healthPort: Int?

  @Option(
    help: ArgumentHelp(
      "The address to answer on.",
      discussion: "HANDOVER_HOST; all of the machine's (0.0.0.0) if neither is given.", valueName: "address"))
  package var host: String?

  @OptionGroup package var lanes: LaneSettings

  package init() {}

  func resolvedThreads() throws -> Int {
    try Settings.number(threads, "--threads", or: "handover.threads", in: 1...64) ?? 1
  }

  func resolvedHost() -> String { host ?? Settings.text("handover.host") ?? Settings.anyHost }

  func resolvedHealthPort() throws -> Int? {
    try Settings.number(healthPort, "--health-port", or: "handover.health.port", in: 0...65535)
  }
}
