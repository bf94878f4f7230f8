import Market

/// Who makes a call.
enum Viewer: Hashable, Sendable {
  /// Anybody: authentication is off, so everybody may do and see everything.
  case anyone
  /// Somebody without a token.
  case nobody
  case user(ActingUser)
}
