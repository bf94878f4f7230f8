import Hummingbird

/// The scheme and authority by which clients reach this server. Every link begins with them.
package struct BaseURL: Hashable, Sendable {
  let scheme: String
  /// A host with an optional port.
  let authority: String

  /// `https://shop.example`, without a trailing slash.
  var base: String { "\(scheme)://\(authority)" }

  /// Parses `http(s)://host[:port]`; nil for anything else.
  package init?(_ text: String) {
    guard let (scheme, rest) = Self.split(text) else { return nil }
    self.init(scheme: scheme, authority: rest.last == "/" ? String(rest.dropLast()) : rest)
  }

  /// Nil unless the scheme is `http` or `https` and the authority is valid.
  init?(scheme: String, authority: String) {
    let scheme = scheme.lowercased()
    guard scheme == "http" || scheme == "https", Authority.isValid(authority) else { return nil }
    (self.scheme, self.authority) = (scheme, authority)
  }

  /// The request's own scheme and authority, which `ForwardedHeaders` has already corrected.
  init(_ request: Request) {
    scheme = request.head.scheme ?? "http"
    // Only an HTTP/1.0 request can lack a Host.
    authority = request.head.authority ?? "localhost"
  }

  func href(_ path: String) -> String { base + path }

  private static func split(_ text: String) -> (scheme: String, rest: String)? {
    guard let mark = text.firstRange(of: "://") else { return nil }
    return (String(text[..<mark.lowerBound]), String(text[mark.upperBound...]))
  }
}

extension JSONWriter {
  /// Writes one member of `_links`.
  mutating func link(_ relation: String, _ href: String) {
    object(relation) { $0.write("href", href) }
  }
}
