import Hummingbird

/// Allows pages of other origins to call (CORS).
///
/// Hummingbird's middleware sends the exposed headers only with a preflight, where browsers ignore them, and
/// does not take a list of origins that is known only at run time.
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
  /// Who may call.
  enum Policy {
    /// Pages of any origin, or of these, with credentials such as cookies and with any header.
    case withCredentials(of: Set<String>?)
    /// Pages of these origins, with a token that they send themselves. A page without an origin of its own (`null`)
    /// is never one of them.
    case withToken(of: Set<String>)
  }

  let policy: Policy
  /// The headers that answers depend on besides the method and the URL.
  let vary: String

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let isPreflight =
      request.method == .options && request.headers[.origin] != nil
      && request.headers[.accessControlRequestMethod] != nil
    var response = isPreflight ? Response(status: .noContent) : try await next(request, context)
    response.headers[.vary] = response.headers[.vary].map { "\(vary), \($0)" } ?? vary
    guard let origin = request.headers[.origin] else { return response }
    var allowed = "Authorization, Content-Type, Prefer, Idempotency-Key, If-Match, Last-Event-ID"
    switch policy {
    case .withCredentials(let origins):
      guard origins?.contains(origin) ?? true else { return response }
      response.headers[.accessControlAllowCredentials] = "true"
      allowed = request.headers[.accessControlRequestHeaders] ?? allowed
    case .withToken(let origins):
      guard origin != "null", origins.contains(origin) else { return response }
    }
    response.headers[.accessControlAllowOrigin] = origin
    if isPreflight {
      response.headers[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
      response.headers[.accessControlAllowHeaders] = allowed
      response.headers[.accessControlMaxAge] = "3600"
    } else {
      response.headers[.accessControlExposeHeaders] =
        """
        ETag, Idempotency-Replayed, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, \
        WWW-Authenticate
        """
    }
    return response
  }
}
