import Hummingbird

/// What a write's handler has to know of the HTTP call.
struct Call: Sendable {
  /// Method and path, `POST /reserves`.
  let line: String
  let site: Site
  let preference: Preference
  /// The client's idempotency key.
  let key: String?

  init(_ request: Request) throws(Problem) {
    line = "\(request.method.rawValue) \(request.uri.path)"
    site = Site(request)
    preference = Preference(request.headers[header: "Prefer"])
    key = try CommandID.key(request.headers[header: "Idempotency-Key"])
  }
}
