import Hummingbird

/// Lets pages of other origins call, with credentials; where they are chosen, pages of any other one change nothing.
///
/// A browser asks before most calls, but not before a plain POST: it only hides the answer.
///
/// The library's middleware tells browsers which headers to expose on a preflight only, where they ignore it, and
/// takes no list of origins that is known only at run time.
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
  /// Who may call; nil for everyone.
  let origins: Set<String>?

  init(origins: [String]?) { self.origins = origins.map(Set.init) }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let origin = request.headers[.origin] else { return try await next(request, context) }
    let isAllowed = origins?.contains(origin) ?? true
    guard isAllowed || !Self.changing.contains(request.method) || origin == Site(request).base else {
      return Problem(
        .forbidden, "foreignOrigin", "Pages of \(origin) may not change anything here."
      ).response(instance: request.uri.path)
    }
    let isPreflight = request.method == .options && request.headers[.accessControlRequestMethod] != nil
    var response = isPreflight ? Response(status: .noContent) : try await next(request, context)
    response.headers[.vary] = "Origin"
    guard isAllowed else { return response }
    response.headers[.accessControlAllowOrigin] = origin
    response.headers[.accessControlAllowCredentials] = "true"
    if isPreflight {
      response.headers[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
      response.headers[.accessControlAllowHeaders] =
        request.headers[.accessControlRequestHeaders] ?? "Content-Type, Prefer, Idempotency-Key"
      response.headers[.accessControlMaxAge] = "3600"
    } else {
      response.headers[.accessControlExposeHeaders] = "ETag, Location, Preference-Applied, Retry-After"
    }
    return response
  }

  private static var changing: Set<HTTPRequest.Method> { [.post, .put, .patch, .delete] }
}
