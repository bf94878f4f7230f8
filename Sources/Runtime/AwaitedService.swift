import Health
import ServiceLifecycle
import Synchronization

/// A service that waits for a dependency before it creates the actual service.
///
/// Because waiting is part of the service, signals and health checks are answered from the start, even while
/// Redis is unavailable.
package struct AwaitedService: Service {
  private let make: @Sendable () async throws -> any Service

  /// - Parameter health: of the process, which is not ready before the service is made.
  package init(_ health: Health, _ make: @escaping @Sendable () async throws -> any Service) {
    let made = MadeMark()
    health.addCheck("start") { Health.Finding(trouble: made.isSet ? nil : "waiting for Redis") }
    self.make = {
      let service = try await make()
      made.set()
      return service
    }
  }

  private final class MadeMark: Sendable {
    private let mark = Atomic(false)

    var isSet: Bool { mark.load(ordering: .relaxed) }
    func set() { mark.store(true, ordering: .relaxed) }
  }

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
