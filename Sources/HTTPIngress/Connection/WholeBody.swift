import Hummingbird
import NIOCore

/// Collects the whole body before a call reaches its route, whether the route reads the body or not.
///
/// So a client that sends slowly, sends too much or disconnects midway never reaches a handler.
package struct WholeBody<Context: RequestContext>: RouterMiddleware {
  private let limits: ServerLimits

  package init(limits: ServerLimits) { self.limits = limits }

  package func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let length = request.headers[.contentLength]
    guard length != nil || request.headers[.transferEncoding] != nil else {
      return try await next(request, context)
    }
    if let length = length.flatMap({ Int($0) }), length > limits.bodyBytes {
      throw Problem(bodyTooLarge: limits)
    }
    var request = request
    do {
      _ = try await request.collectBody(upTo: limits.bodyBytes)
    } catch let error as Problem {
      throw error
    } catch is NIOTooManyBytesError {
      throw Problem(bodyTooLarge: limits)
    } catch {
      throw Problem(unreadable: "\(error)")
    }
    return try await next(request, context)
  }
}
