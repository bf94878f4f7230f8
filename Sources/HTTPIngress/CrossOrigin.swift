import Hummingbird

/// Lets pages of other origins call, with credentials.
///
/// The library's middleware tells browsers which headers to expose on a preflight only, where they ignore it, and
/// takes no list of origins that is known only at run time.
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
  /// Who may call; nil for everyone.
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
