import Hummingbird
import Logging

/// Turns any error of a handler into a problem+json response.
package struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  package init() {}

  package func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = Problem(error, calling: request)
      if problem.status == .internalServerError {
        context.logger.error("call failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return problem.response(
        instance: request.uri.path, in: Language(accepting: request.headers[.acceptLanguage]))
    }
  }
}
