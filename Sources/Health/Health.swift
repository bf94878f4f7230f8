import Hummingbird
import Synchronization

/// The liveness and readiness of this process, for the platform's health checks.
///
/// Liveness only tells whether a restart would help, so it never depends on Redis or anything else external.
package final class Health: Sendable {
  /// What a check finds.
  package enum Finding: Sendable {
    case fine
    /// Ready, but not in all parts, with the reason.
    case partial(String)
    /// Not ready, with the reason.
    case down(String)

    /// - Parameter trouble: why the process is not ready; nil if it is.
    package init(trouble: String?) { self = trouble.map { .down($0) } ?? .fine }
  }

  package typealias Check = @Sendable () async -> Finding

  private struct State {
    var checks: [(name: String, check: Check)] = []
    var isDown = false
    var isStopping = false
  }

  private let state = Mutex(State())
  /// The name of the setting behind `allowsDown`.
  let downSetting: String
  let allowsDown: Bool

  /// - Parameters:
  ///   - allowsDown: Whether `PUT /actuator/down` works.
  ///   - downSetting: The name of the setting behind `allowsDown`, for the error message.
  package init(allowsDown: Bool = false, downSetting: String = "HANDOVER_ACTUATOR_DOWN") {
    self.allowsDown = allowsDown
    self.downSetting = downSetting
  }

  /// Adds a check that readiness depends on. It must return within a few seconds.
  package func addCheck(_ name: String, _ check: @escaping Check) {
    state.withLock { $0.checks.append((name, check)) }
  }

  /// Whether liveness was made to fail.
  package var isDown: Bool { state.withLock { $0.isDown } }

  /// Whether the process is stopping and should get no new requests.
  package var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Makes liveness fail permanently, so that the platform restarts the process.
  package func goDown() { state.withLock { $0.isDown = true } }

  /// Makes readiness fail permanently.
  package func beginStopping() { state.withLock { $0.isStopping = true } }

  /// The liveness report.
  var liveness: HealthReport { HealthReport(status: isDown ? .down : .up) }

  /// Returns the readiness report, after running all checks.
  func readiness() async -> HealthReport {
    let (checks, isDown, isStopping) = state.withLock { ($0.checks, $0.isDown, $0.isStopping) }
    var components: [String: HealthReport] = [:]
    for (name, check) in checks {
      components[name] =
        switch await check() {
        case .fine: HealthReport(status: .up)
        case .partial(let reason): HealthReport(status: .up, details: ["partial": reason])
        case .down(let reason): HealthReport(status: .down, details: ["error": reason])
        }
    }
    let isFine = components.values.allSatisfy { $0.status == .up }
    let status: HealthReport.Status = isDown || !isFine ? .down : isStopping ? .outOfService : .up
    return HealthReport(status: status, components: components)
  }
}

extension Health {
  /// The error of a `PUT /actuator/down` that is not allowed.
  package struct DownNotAllowed: Error {
    /// The setting that allows it.
    package let setting: String
  }

  private static let livenessPaths = ["/actuator/health/liveness", "/liveness"]
  private static let readinessPaths = ["/actuator/health", "/actuator/health/readiness", "/readiness"]
  private static let otherPaths = ["/actuator/down", "/metrics"]

  /// The paths of the platform's probes.
  package static let probes = Set(livenessPaths + readinessPaths)
  /// All paths of health and metrics. Those that are no probe are for operators.
  package static let paths = probes.union(otherPaths)

  /// Adds the routes below `/actuator`, and the shorter aliases `/liveness` and `/readiness`.
  package func addRoutes<Context>(to router: Router<Context>) {
    for path in Self.livenessPaths {
      router.add(RouterPath(path), [.get: { [self] _, _ in try liveness.response() }])
    }
    for path in Self.readinessPaths {
      router.add(RouterPath(path), [.get: { [self] _, _ in try await readiness().response() }])
    }
    router.add(
      "/actuator/down",
      [
        .put: { [self] _, _ in
          guard allowsDown else { throw DownNotAllowed(setting: downSetting) }
          goDown()
          return try liveness.response()
        }
      ])
  }
}
