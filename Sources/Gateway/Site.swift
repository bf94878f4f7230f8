import Hummingbird

/// Where the client sees this server, so that links lead back the way the call came.
struct Site: Sendable {
  /// `https://shop.example`, without a slash at the end.
  let base: String

  init(_ request: Request) {
    func first(_ name: HTTPFields.Element.Name?) -> String? {
      guard let value = request.headers[header: name]?.prefix(while: { $0 != "," }) else { return nil }
      return value.isEmpty ? nil : String(value)
    }
    let host = first(.forwardedHost) ?? request.head.authority ?? "localhost"
    base = "\(first(.forwardedProto) ?? "http")://\(host)"
  }

  func href(_ path: String) -> String { base + path }
}

extension JSONWriter {
  /// One member of `_links`.
  mutating func link(_ relation: String, _ href: String) {
    object(relation) { $0.write("href", href) }
  }
}
