import Hummingbird

/// Headers that the library has no name for. Made once: a name is checked and lowercased when it is made.
extension HTTPFields.Element.Name {
  static let forwardedHost = Self("X-Forwarded-Host")
  static let forwardedProto = Self("X-Forwarded-Proto")
  static let idempotencyKey = Self("Idempotency-Key")
  static let prefer = Self("Prefer")
  static let preferenceApplied = Self("Preference-Applied")
}

extension HTTPFields {
  /// The value of a header whose name may be none.
  subscript(header name: HTTPFields.Element.Name?) -> String? {
    get { name.flatMap { self[$0] } }
    set { if let name { self[name] = newValue } }
  }
}
