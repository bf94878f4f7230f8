import ServiceLifecycle

/// A service that can be made only once something is there: waiting for it is part of the service.
///
/// So signals and health questions are answered from the first moment, also while Redis is away.
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
