import Hummingbird

extension Health {
  /// Why `PUT /actuator/down` did nothing.
  public struct DownNotAllowed: Error {
    /// The setting that allows it.
    public let setting: String
  }

  /// Adds `/actuator/health` and what belongs to it, with the shorter aliases.
  public func addRoutes<Context>(to router: Router<Context>) {
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
