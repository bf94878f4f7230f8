import ServiceLifecycle

/// A service that waits for a dependency before it creates the actual service.
///
/// Because waiting is part of the service, signals and health checks are answered from the start, even while
/// Redis is unavailable.
package struct AwaitedService: Service {
  private let make: @Sendable () async throws -> any Service

  package init(_ make: @escaping @Sendable () async throws -> any Service) { self.make = make }

  package func run() async throws {
    let service: any Service
    do {
      service = try await cancelWhenGracefulShutdown { try await make() }
    } catch is CancellationError {
      return
    }
    try await service.run()
  }
}
