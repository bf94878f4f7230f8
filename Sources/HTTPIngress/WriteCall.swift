import Doors
import Hummingbird

/// What a write's handler needs from the HTTP request.
struct WriteCall: Sendable {
  private let request: Request
  let viewer: Viewer
  let preference: PreferHeader
  /// The client's idempotency key, as a name that only this user can give.
  let key: String?

  init(_ request: Request, _ context: IngressContext) throws(Problem) {
    self.request = request
    viewer = context.viewer
    preference = PreferHeader(request.headers[header: .prefer])
    key = try IdempotencyKey.read(request.headers[header: .idempotencyKey])
      .map { CommandName.scoped($0, for: context.viewer.actor) }
  }

  /// The `If-Match` header: entity tags, one of which the item must have.
  var ifMatch: String? { request.headers[.ifMatch] }

  /// The method and path, such as `POST /reserves`.
  var line: String { "\(request.method.rawValue) \(request.uri.path)" }

  var baseURL: BaseURL { BaseURL(request) }
}
