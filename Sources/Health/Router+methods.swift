import Hummingbird

extension Router {
  public typealias Handler = @Sendable (Request, Context) async throws -> Response

  /// Adds a path with all it answers to. OPTIONS lists what that is, and any other method is a 405 that does.
  public func add(_ path: RouterPath, _ handlers: [HTTPRequest.Method: Handler]) {
    for (method, handler) in handlers { on(path, method: method, use: handler) }
    let also: [HTTPRequest.Method] = handlers[.get] == nil ? [.options] : [.options, .head]
    let allowed = (handlers.keys + also).map(\.rawValue).sorted().joined(separator: ", ")
    on(path, method: .options) { _, _ in Response(status: .noContent, headers: [.allow: allowed]) }
    for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] where handlers[method] == nil {
      on(path, method: method) { _, _ -> Response in
        throw HTTPError(.methodNotAllowed, headers: [.allow: allowed])
      }
    }
  }
}
