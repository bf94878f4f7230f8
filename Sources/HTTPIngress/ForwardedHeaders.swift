import Hummingbird

/// Sets a request's scheme and authority to those by which its client reaches this server.
///
/// They end up in every link. So the headers count only if they come from a trusted proxy: anybody else could
/// use them to redirect people to another site.
struct ForwardedHeaders: RouterMiddleware {
  /// The configured base URL for all clients, if any.
  let baseURL: BaseURL?
  /// The proxies whose `X-Forwarded-Proto` and `X-Forwarded-Host` are trusted.
  let proxies: [AddressRange]

  func handle(
    _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
  ) async throws -> Response {
    guard let baseURL = try baseURL ?? forwarded(request, context) else {
      return try await next(request, context)
    }
    var head = request.head
    (head.scheme, head.authority) = (baseURL.scheme, baseURL.authority)
    return try await next(Request(head: head, body: request.body), context)
  }

  private func forwarded(_ request: Request, _ context: IngressContext) throws(Problem) -> BaseURL? {
    // In a chain of proxies, the first value is what the client asked for.
    func first(_ name: HTTPFields.Element.Name?) -> String? {
      request.headers[header: name].map { String($0.prefix { $0 != "," }).filter { $0 != " " } }
    }
    let (scheme, authority) = (first(.forwardedProto), first(.forwardedHost))
    guard scheme != nil || authority != nil, let peer = context.peer,
      proxies.contains(where: { $0.contains(peer) })
    else { return nil }
    let own = BaseURL(request)
    guard let baseURL = BaseURL(scheme: scheme ?? own.scheme, authority: authority ?? own.authority) else {
      throw Problem(
        .badForwarding,
        "X-Forwarded-Proto must be http or https, and X-Forwarded-Host a name or an address with an optional port.",
        message: "X-Forwarded-Proto나 X-Forwarded-Host가 올바르지 않습니다."
      )
    }
    return baseURL
  }
}
