import Hummingbird

extension Router {
  package typealias Handler = @Sendable (Request, Context) async throws -> Response

  /// Adds a path with all it answers to. OPTIONS lists what that is, and any other method is a 405 that does.
  package func add(_ path: RouterPath, _ handlers: [HTTPRequest.Method: Handler]) {
    for (method, handler) in handlers { on(path, method: method, use: handler) }
    let also: [HTTPRequest.Method] = handlers[.get] == nil ? [.options] : [.options, .head]
    let allowed = (handlers.keys + also).map(\.rawValue).sorted().joined(separator: ", ")
    on(path, method: .options) { _, _ in Response(status: .noContent, headers: [.allow: allowed]) }
    for method in Self.others + [.get, .post, .put, .patch, .delete] where handlers[method] == nil {
      on(path, method: method) { _, _ -> Response in
        throw HTTPError(.methodNotAllowed, headers: [.allow: allowed])
      }
    }
  }

  /// The other methods that NIO's parser lets through; what it does not know is no request to it.
  private static var others: [HTTPRequest.Method] {
    [
      "ACL", "BIND", "CHECKOUT", "COPY", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE",
      "MSEARCH",
      "NOTIFY", "PROPFIND", "PROPPATCH", "PURGE", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE",
      "TRACE", "UNBIND",
      "UNLINK", "UNLOCK", "UNSUBSCRIBE",
    ].compactMap { HTTPRequest.Method($0) }
  }
}
