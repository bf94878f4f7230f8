import Hummingbird

extension Health {
  /// Adds `/actuator/health` and what belongs to it, with the shorter aliases.
  public func addRoutes<Context>(to router: Router<Context>) {
    for path in ["/actuator/health/liveness", "/liveness"] {
      router.get(RouterPath(path)) { [self] _, _ in try liveness.response() }
    }
    for path in ["/actuator/health", "/actuator/health/readiness", "/readiness"] {
      router.get(RouterPath(path)) { [self] _, _ in try await readiness().response() }
    }
    router.put("/actuator/down") { [self] _, _ in
      guard allowsDown else { return try refusal() }
      goDown()
      return try liveness.response()
    }
  }

  private func refusal() throws -> Response {
    let message =
      "Taking this process down through HTTP is switched off. Set \(downSetting)=true to allow it."
    return try Response(
      json: [
        "type": "urn:handover:problem:downNotAllowed", "title": "Forbidden", "code": "downNotAllowed",
        "instance": "/actuator/down", "detail": message, "message": message,
      ], status: .forbidden, type: "application/problem+json")
  }
}
