import Health
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
    if let token = try await token(of: request) {
      (context.viewer, context.tokenEnd) = (.user(token.user), token.end)
    } else {
      context.viewer = .nobody
    }
    return try await next(request, context)
  }

  private func token(of request: Request) async throws(Problem) -> VerifiedToken? {
    guard let header = request.headers[.authorization] else { return nil }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw .refused(TokenRefusal("The Authorization header is not a bearer token."))
    }
    do throws(TokenRefusal) {
      return try await verifier.verify(String(parts[1].drop { $0 == " " }))
    } catch {
      throw .refused(error)
    }
  }
}

extension Problem {
  /// A call without a token that needs one.
  static let unauthenticated = Problem(
    .unauthenticated, "This call needs a bearer token in the Authorization header.",
    message: "로그인이 필요합니다."
  ).challenging("Bearer realm=\"handover\"")

  /// A token that was refused.
  fileprivate static func refused(_ refusal: TokenRefusal) -> Problem {
    switch refusal.kind {
    case .invalid:
      Problem(
        .invalidToken, refusal.reason,
        message: "로그인이 끝났거나 올바르지 않습니다. 다시 로그인해 주세요."
      ).challenging(
        "Bearer realm=\"handover\", error=\"invalid_token\", error_description=\"\(refusal.reason)\"")
    case .unavailable:
      .passing(
        .tokensUnverifiable, refusal.reason,
        message: "지금은 로그인을 확인할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.")
    }
  }

  private func challenging(_ challenge: String) -> Problem {
    var problem = self
    problem.headers[.wwwAuthenticate] = challenge
    return problem
  }
}

extension Health.Finding {
  init(_ trouble: TokenVerifier.Trouble) {
    switch trouble {
    case .fine: self = .fine
    case .partial(let reason): self = .partial(reason)
    case .down(let reason): self = .down(reason)
    }
  }
}
