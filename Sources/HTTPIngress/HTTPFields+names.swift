import Hummingbird

/// Headers that Hummingbird has no name for. Made once, because making a name checks and lowercases it.
extension HTTPFields.Element.Name {
  static let forwardedHost = Self("X-Forwarded-Host")
  static let forwardedProto = Self("X-Forwarded-Proto")
  static let idempotencyKey = Self("Idempotency-Key")
  static let prefer = Self("Prefer")
  static let preferenceApplied = Self("Preference-Applied")
}

extension HTTPFields {
  /// The value of a header whose name is optional.
  subscript(header name: HTTPFields.Element.Name?) -> String? {
    get { name.flatMap { self[$0] } }
    set { if let name { self[name] = newValue } }
  }
}
