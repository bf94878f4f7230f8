import Hummingbird

/// Headers that Hummingbird has no name for. Made once, because making a name checks and lowercases it.
extension HTTPFields.Element.Name {
  static let accelBuffering = Self("X-Accel-Buffering")
  static let forwardedFor = Self("X-Forwarded-For")
  static let forwardedHost = Self("X-Forwarded-Host")
  static let forwardedProto = Self("X-Forwarded-Proto")
  static let idempotencyKey = Self("Idempotency-Key")
  static let idempotencyReplayed = Self("Idempotency-Replayed")
  static let lastEventID = Self("Last-Event-ID")
  static let prefer = Self("Prefer")
  static let preferenceApplied = Self("Preference-Applied")
  static let rateLimit = Self("RateLimit")
  static let rateLimitPolicy = Self("RateLimit-Policy")
  static let referrerPolicy = Self("Referrer-Policy")
}

extension HTTPFields {
  /// The value of a header whose name is optional.
  subscript(header name: HTTPFields.Element.Name?) -> String? {
    get { name.flatMap { self[$0] } }
    set { if let name { self[name] = newValue } }
  }

  /// All values of a header whose name is optional, in order.
  subscript(values name: HTTPFields.Element.Name?) -> [String] { name.map { self[values: $0] } ?? [] }

  /// Adds to the headers on which the answer depends.
  mutating func vary(on names: String) { self[.vary] = self[.vary].map { "\($0), \(names)" } ?? names }
}
