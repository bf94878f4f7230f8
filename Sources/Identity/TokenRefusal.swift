/// Why a token does not identify anybody.
package struct TokenRefusal: Error, Hashable {
  /// One English sentence for the client's developer.
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}
