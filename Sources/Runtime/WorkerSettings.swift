import ArgumentParser

/// What every worker takes besides the common settings.
public struct WorkerSettings: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many replicas of the worker this process runs, each on a thread with a connection of its own.",
      discussion: "HANDOVER_THREADS; 1 if neither is given.", valueName: "count"))
  public var threads: Int?

  @Option(
    name: .customLong("health-port"),
    help: ArgumentHelp(
      "Where to answer GET /actuator/health, /liveness and /readiness.",
      discussion: "HANDOVER_HEALTH_PORT; no health server if neither is given.", valueName: "port"))
  public var healthPort: Int?

  public init() {}

  func resolvedThreads() throws -> Int {
    let count = try threads ?? Settings.number("handover.threads", in: 1...64) ?? 1
    guard (1...64).contains(count) else { throw ValidationError("--threads must be from 1 to 64.") }
    return count
  }

  func resolvedHealthPort() throws -> Int? {
    let port = try healthPort ?? Settings.number("handover.health.port", in: 0...65535)
    if let port, !(0...65535).contains(port) { throw ValidationError("--health-port must be from 0 to 65535.") }
    return port
  }
}
