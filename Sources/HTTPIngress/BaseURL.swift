import Hummingbird

/// Where the client sees this server, so that links lead back the way the call came.
package struct BaseURL: Hashable, Sendable {
  let scheme: String
  /// A host, perhaps with a port.
  let authority: String

  /// `https://shop.example`, without a slash at the end.
  var base: String { "\(scheme)://\(authority)" }

  /// Reads `http(s)://host[:port]`; nil for anything else.
  package init?(_ text: String) {
    guard let (scheme, rest) = Self.split(text) else { return nil }
    self.init(scheme: scheme, authority: rest.last == "/" ? String(rest.dropLast()) : rest)
  }

  /// Nil where the scheme is not that of HTTP, or the authority is none.
  init?(scheme: String, authority: String) {
    let scheme = scheme.lowercased()
    guard scheme == "http" || scheme == "https", Authority.isValid(authority) else { return nil }
    (self.scheme, self.authority) = (scheme, authority)
  }

  /// What the request says, which by now is what may be believed.
  init(_ request: Request) {
    scheme = request.head.scheme ?? "http"
    // Only HTTP/1.0 has no Host.
    authority = request.head.authority ?? "localhost"
  }

  func href(_ path: String) -> String { base + path }

  private static func split(_ text: String) -> (scheme: String, rest: String)? {
    guard let mark = text.firstRange(of: "://") else { return nil }
    return (String(text[..<mark.lowerBound]), String(text[mark.upperBound...]))
  }
}

extension JSONWriter {
  /// One member of `_links`.
  mutating func link(_ relation: String, _ href: String) {
    object(relation) { $0.write("href", href) }
  }
}
