import CoreMetrics
import Hummingbird
import Redis
import Telemetry

/// Counts and times every call, by method, route and status.
struct CallMetrics<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    // The route and not the path: a series for every id would never end.
    let by = [
      ("method", request.method.rawValue), ("route", context.endpointPath ?? "unknown"),
      ("status", "\(response.status.code)"),
    ]
    Counter(label: Metric.httpRequests.rawValue, dimensions: by).increment()
    Timer(label: Metric.httpSeconds.rawValue, dimensions: by)
      .recordNanoseconds(Int64((.now - start).seconds * 1e9))
    return response
  }
}
