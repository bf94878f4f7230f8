import Hummingbird

/// What a write's handler needs from the HTTP request.
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

  /// The `If-Match` header: entity tags, one of which the item must have.
  var ifMatch: String? { request.headers[.ifMatch] }

  /// The method and path, such as `POST /reserves`.
  var line: String { "\(request.method.rawValue) \(request.uri.path)" }

  var baseURL: BaseURL { BaseURL(request) }
}
