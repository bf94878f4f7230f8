import HTTPIngress
import Health
import Hummingbird
import Logging
import ServiceLifecycle

/// The operator's page, and the interfaces that it calls.
package struct OperatorWeb: Service {
  private let options: OperatorWebOptions
  private let logger: Logger
  private let onServerRunning: @Sendable (Int) async -> Void

  /// - Parameter onServerRunning: called with the port once the server accepts calls.
  package init(
    options: OperatorWebOptions, logger: Logger,
    onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) {
    self.options = options
    self.logger = logger
    self.onServerRunning = onServerRunning
  }

  /// Serves until a graceful shutdown, which ends the tails and finishes the other calls.
  package func run() async throws {
    var limits = ServerLimits()
    limits.connections = 100
    let health = Health()
    let routes = OperatorRoutes(options)
    let app = Application(
      router: try routes.router(health, limits), server: .http1(within: limits),
      configuration: .init(address: .hostname(options.host, port: options.port), serverName: "handover"),
      onServerRunning: { [onServerRunning] in await onServerRunning($0.localAddress?.port ?? 0) },
      logger: logger)
    try await withGracefulShutdownHandler {
      try await PortTaken.explain(options.port, setting: "--port") { try await app.run() }
    } onGracefulShutdown: {
      health.beginStopping()
      routes.tails.end()
    }
  }
}
