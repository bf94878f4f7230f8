/// Why a token does not identify anybody.
package struct TokenRefusal: Error, Hashable {
  package enum Kind: Sendable {
    /// The token is at fault: another one is needed.
    case invalid
    /// The token cannot be judged now: there are no keys yet, or they may be out of date. It can be sent again.
    case unavailable
  }

  package var kind: Kind
  /// One English sentence for the client's developer: ASCII without quotation marks and backslashes, and nothing
  /// of the token, so that it can stand in the `error_description` of a `WWW-Authenticate` header.
  package var reason: String

  package init(_ reason: String, _ kind: Kind = .invalid) {
    self.kind = kind
    self.reason = reason
  }
}
