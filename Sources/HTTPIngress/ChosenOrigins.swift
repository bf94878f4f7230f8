import Hummingbird

/// Where it was chosen whose pages may call, pages of any other origin change nothing.
///
/// CORS alone does not see to that: a browser asks before most calls, but a plain POST it sends, and only hides the
/// answer.
struct ChosenOrigins<Context: RequestContext>: RouterMiddleware {
  let origins: Set<String>

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    switch request.method {
    case .get, .head, .options: break
    default:
      // Its own pages name their origin too.
      if let origin = request.headers[.origin], !origins.contains(origin), origin != BaseURL(request).base {
        throw Problem(
          .forbidden, "foreignOrigin", "Pages of \(origin) may not change anything here.",
          message: "이 페이지에서는 바꿀 수 없습니다.")
      }
    }
    return try await next(request, context)
  }
}
