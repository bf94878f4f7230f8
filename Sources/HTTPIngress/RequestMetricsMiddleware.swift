import Hummingbird

/// Counts and times every call, by method, route and status.
struct RequestMetricsMiddleware<Context: RequestContext>: RouterMiddleware {
  private let metrics = RequestMetrics()

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    // By route, not by path: a series for every id would be unbounded.
    let kind = RequestMetrics.Kind(
      method: request.method, route: context.endpointPath ?? "unknown", status: response.status.code)
    metrics.add(kind, .now - start)
    return response
  }
}
