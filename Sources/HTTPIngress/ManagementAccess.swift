import Health
import Hummingbird

/// Keeps what tells about the process, and ends it, to operators, where it is served to strangers at all.
///
/// Whether it lives and is ready is no secret.
struct ManagementAccess: RouterMiddleware {
  private static let guarded = Health.paths.subtracting(Health.probes)

  func handle(
    _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
  ) async throws -> Response {
    if let path = context.endpointPath, Self.guarded.contains(path) {
      try Endpoint.Access.operators.check(context.viewer)
    }
    return try await next(request, context)
  }
}
