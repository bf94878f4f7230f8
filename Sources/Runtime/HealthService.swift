import HTTPIngress
import Health
import Hummingbird
import Logging
import ServiceLifecycle

/// Serves health checks and Prometheus metrics on a port of its own.
package struct HealthService: Service {
  private let health: Health
  private let host: String
  private let port: Int
  private let logger: Logger

  package init(_ health: Health, host: String, port: Int, logger: Logger) {
    self.health = health
    self.host = host
    self.port = port
    self.logger = logger
  }

  package func run() async throws {
    let limits = ServerLimits()
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: WholeBody(limits: limits))
    health.addRoutes(to: router)
    Health.addMetrics(to: router, Observability.telemetry.exposition)
    let server = Application(
      router: router, server: .http1(within: limits),
      configuration: .init(address: .hostname(host, port: port), serverName: "handover"),
      logger: logger)
    try await withGracefulShutdownHandler {
      try await PortTaken.explain(port, setting: "--health-port or HANDOVER_HEALTH_PORT") {
        try await server.run()
      }
    } onGracefulShutdown: {
      health.beginStopping()
    }
  }
}
