import Hummingbird
import Market

/// A call of the API: who may make it, and what it does.
///
/// Every call has to say who may make it. What belongs to one user is checked by its handler too, and for commands by
/// the workers, which alone know whose things are.
struct Endpoint: Sendable {
  typealias Handler = @Sendable (Request, IngressContext) async throws -> Response

  enum Access: Sendable {
    /// Also without a token.
    case everybody
    /// Whoever is signed in.
    case users
    case operators
  }

  private let access: Access
  private let handler: Handler

  init(for access: Access, _ handler: @escaping Handler) {
    self.access = access
    self.handler = handler
  }

  /// Returns the same with another handler around its own.
  func wrapped(_ wrap: (@escaping Handler) -> Handler) -> Endpoint { Endpoint(for: access, wrap(handler)) }

  func handle(_ request: Request, _ context: IngressContext) async throws -> Response {
    try access.check(context.viewer)
    return try await handler(request, context)
  }
}

extension Endpoint.Access {
  /// Throws a 401 or a 403 if the viewer may not make such a call.
  func check(_ viewer: Viewer) throws(Problem) {
    switch self {
    case .everybody: return
    case .users: break
    case .operators where viewer.isTrusted: return
    case .operators:
      if viewer != .nobody {
        throw Problem(
          .operatorsOnly, "Only operators may do that.", message: "운영자만 할 수 있습니다.")
      }
    }
    if viewer == .nobody { throw Problem.unauthenticated }
  }
}
