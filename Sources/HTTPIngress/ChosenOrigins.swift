import Hummingbird

/// Refuses writes from pages of foreign origins, if the allowed origins are configured.
///
/// CORS alone does not prevent such writes: a browser asks before most calls, but it sends a plain POST
/// without asking and only hides the answer.
struct ChosenOrigins<Context: RequestContext>: RouterMiddleware {
  let origins: Set<String>

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    switch request.method {
    case .get, .head, .options: break
    default:
      // The server's own pages send an Origin too.
      if let origin = request.headers[.origin], !origins.contains(origin), origin != BaseURL(request).base {
        throw Problem(
          .foreignOrigin, "Pages of \(origin) are not allowed to make changes.",
          message: "이 페이지에서는 바꿀 수 없습니다.")
      }
    }
    return try await next(request, context)
  }
}
