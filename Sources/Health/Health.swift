import Hummingbird
import Synchronization

/// Whether this process lives and can work, as the platform asks it.
///
/// Liveness says only whether a restart would help, so it never depends on Redis or anything else outside.
package final class Health: Sendable {
  /// Gives nil where all is fine, else why not.
  package typealias Check = @Sendable () async -> String?

  private struct State {
    var checks: [(name: String, check: Check)] = []
    var isDown = false
    var isStopping = false
  }

  private let state = Mutex(State())
  /// The setting that lets anybody take the process down through HTTP; nil where it is not set.
  let downSetting: String
  let allowsDown: Bool

  /// - Parameters:
  ///   - allowsDown: whether `PUT /actuator/down` works.
  ///   - downSetting: the name of the setting behind `allowsDown`, for the person who is refused.
  package init(allowsDown: Bool = false, downSetting: String = "HANDOVER_ACTUATOR_DOWN") {
    self.allowsDown = allowsDown
    self.downSetting = downSetting
  }

  /// Adds what readiness depends on; each check must answer within a few seconds.
  package func addCheck(_ name: String, _ check: @escaping Check) {
    state.withLock { $0.checks.append((name, check)) }
  }

  /// Whether liveness was made to fail.
  package var isDown: Bool { state.withLock { $0.isDown } }

  /// Whether the process is on its way out, so that nothing new should be sent to it.
  package var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Makes liveness fail, for good: the platform will restart the process.
  package func goDown() { state.withLock { $0.isDown = true } }

  /// Makes readiness fail, for good.
  package func beginStopping() { state.withLock { $0.isStopping = true } }

  /// What liveness says.
  var liveness: HealthReport { HealthReport(status: isDown ? .down : .up) }

  /// What readiness says: asks every check.
  func readiness() async -> HealthReport {
    let (checks, isDown, isStopping) = state.withLock { ($0.checks, $0.isDown, $0.isStopping) }
    var components: [String: HealthReport] = [:]
    for (name, check) in checks {
      let trouble = await check()
      components[name] = HealthReport(
        status: trouble == nil ? .up : .down, details: trouble.map { ["error": $0] })
    }
    let isFine = components.values.allSatisfy { $0.status == .up }
    let status: HealthReport.Status = isDown || !isFine ? .down : isStopping ? .outOfService : .up
    return HealthReport(status: status, components: components)
  }
}

extension Health {
  /// Why `PUT /actuator/down` did nothing.
  package struct DownNotAllowed: Error {
    /// The setting that allows it.
    package let setting: String
  }

  /// Adds `/actuator/health` and what belongs to it, with the shorter aliases.
  package func addRoutes<Context>(to router: Router<Context>) {
    for path in ["/actuator/health/liveness", "/liveness"] {
      router.add(RouterPath(path), [.get: { [self] _, _ in try liveness.response() }])
    }
    for path in ["/actuator/health", "/actuator/health/readiness", "/readiness"] {
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
