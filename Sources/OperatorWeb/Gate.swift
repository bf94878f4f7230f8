import Health
import Hummingbird
import Operations

/// Lets nobody in but operators, and no page but our own.
///
/// Without passwords, only loopback addresses are listened to; still, any page that the operator's browser has open
/// could call them, by another name for this machine, or across origins.
struct Gate: RouterMiddleware {
  let options: OperatorWebOptions

  private static let fetchSite = HTTPFields.Element.Name("Sec-Fetch-Site")

  func handle(
    _ request: Request, context: OperatorContext,
    next: (Request, OperatorContext) async throws -> Response
  ) async throws -> Response {
    if Health.probes.contains(request.uri.path) { return try await next(request, context) }
    var context = context
    if let passwords = options.passwords {
      guard let name = try await passwords.verify(request.headers[.authorization]) else {
        throw Failure(
          .unauthorized, "signIn", "Sign in as one of those in the file of --auth-file.",
          headers: [.wwwAuthenticate: #"Basic realm="handover", charset="UTF-8""#])
      }
      context.author = .init(name, by: "web")
    } else {
      try checkHost(request.head.authority)
      context.author = options.author
    }
    try Self.checkSite(request)
    return try await next(request, context)
  }

  /// Throws unless the browser means this machine: a name that somebody else leads here is not ours.
  private func checkHost(_ authority: String?) throws {
    let host = (authority ?? "").replacing(/:[0-9]*$/, with: "")
    guard OperatorWebOptions.isLoopback(host) else {
      throw Failure(
        HTTPResponse.Status(code: 421, reasonPhrase: "Misdirected Request"), "wrongHost",
        "This page is only at localhost and 127.0.0.1. Give --auth-file to use another name.")
    }
  }

  /// Throws if another site's page makes the call. What writes, and what shows personal data, needs the browser's word
  /// that our own page does; JSON makes forms impossible too.
  private static func checkSite(_ request: Request) throws {
    let site = fetchSite.flatMap { request.headers[$0] }
    let isNavigation = request.uri.path == "/"
    let isSafe = request.method == .get || request.method == .head
    if isSafe, !request.isShown {
      guard let site, site != "same-origin", site != "none", !isNavigation else { return }
      throw Failure(.forbidden, "otherSite", "Another site's page may not read this.")
    }
    guard site == "same-origin" else {
      throw Failure(
        .forbidden, "otherSite",
        """
        This needs Sec-Fetch-Site: same-origin, which browsers send to localhost and by HTTPS. Programs can send it too.
        """)
    }
    if isSafe { return }
    let type = request.headers[.contentType]?.lowercased().prefix { $0 != ";" }
    guard type == "application/json" else {
      throw Failure(.unsupportedMediaType, "notJSON", "This needs Content-Type: application/json.")
    }
  }
}
