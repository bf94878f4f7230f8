import Hummingbird
import Identity
import Market

/// Finds out who calls by the bearer token, and refuses a token that identifies nobody (RFC 6750).
struct Authentication: RouterMiddleware {
  let verifier: TokenVerifier

  func handle(
    _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.viewer = try await viewer(of: request)
    return try await next(request, context)
  }

  private func viewer(of request: Request) async throws(Problem) -> Viewer {
    guard let header = request.headers[.authorization] else { return .nobody }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw .refused(TokenRefusal("The Authorization header is not a bearer token."))
    }
    do throws(TokenRefusal) {
      return .user(try await verifier.verify(String(parts[1].drop { $0 == " " })))
    } catch {
      throw .refused(error)
    }
  }
}

extension Problem {
  /// A call without a token that needs one.
  static let unauthenticated = Problem(
    .unauthorized, "unauthenticated", "This call needs a bearer token in the Authorization header.",
    message: "로그인이 필요합니다."
  ).challenging("Bearer realm=\"handover\"")

  /// A token that was refused.
  fileprivate static func refused(_ refusal: TokenRefusal) -> Problem {
    Problem(
      .unauthorized, "invalidToken", "The token was refused: \(refusal.reason)",
      message: "로그인이 끝났거나 올바르지 않습니다. 다시 로그인해 주세요."
    ).challenging("Bearer realm=\"handover\", error=\"invalid_token\"")
  }

  private func challenging(_ challenge: String) -> Problem {
    var problem = self
    problem.headers[.wwwAuthenticate] = challenge
    return problem
  }
}
