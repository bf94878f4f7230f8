import Hummingbird

extension Router {
  package typealias Handler = @Sendable (Request, Context) async throws -> Response

  /// Adds a path with the handlers of its methods. OPTIONS lists these methods; any other method gets a 405
  /// whose `Allow` header lists them.
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

  /// The other methods that NIO's parser accepts. Requests with unknown methods do not get past it.
  private static var others: [HTTPRequest.Method] {
    [
      "ACL", "BIND", "CHECKOUT", "COPY", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE",
      "MSEARCH", "NOTIFY", "PROPFIND", "PROPPATCH", "PURGE", "QUERY", "REBIND", "REPORT", "SEARCH", "SOURCE",
      "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
    ].compactMap { HTTPRequest.Method($0) }
  }
}
