import Hummingbird

/// What a write's handler has to know of the HTTP call.
struct WriteCall: Sendable {
  private let request: Request
  let preference: PreferHeader
  /// The client's idempotency key.
  let key: String?

  init(_ request: Request) throws(Problem) {
    self.request = request
    preference = PreferHeader(request.headers[header: .prefer])
    key = try IdempotencyKey.read(request.headers[header: .idempotencyKey])
  }

  /// The entity tags that the item must have.
  var ifMatch: String? { request.headers[.ifMatch] }

  /// Method and path, `POST /reserves`.
  var line: String { "\(request.method.rawValue) \(request.uri.path)" }

  var site: BaseURL { BaseURL(request) }
}
