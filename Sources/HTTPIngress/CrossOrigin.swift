import Hummingbird

/// Allows pages of other origins to call, with credentials (CORS).
///
/// Hummingbird's middleware sends the exposed headers only with a preflight, where browsers ignore them, and
/// does not take a list of origins that is known only at run time.
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
  /// The allowed origins; nil allows every origin.
  let origins: Set<String>?
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
    guard let origin = request.headers[.origin], origins?.contains(origin) ?? true else { return response }
    response.headers[.accessControlAllowOrigin] = origin
    response.headers[.accessControlAllowCredentials] = "true"
    if isPreflight {
      response.headers[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
      response.headers[.accessControlAllowHeaders] =
        request.headers[.accessControlRequestHeaders] ?? "Content-Type, Prefer, Idempotency-Key, If-Match"
      response.headers[.accessControlMaxAge] = "3600"
    } else {
      response.headers[.accessControlExposeHeaders] = "ETag, Location, Preference-Applied, Retry-After"
    }
    return response
  }
}
