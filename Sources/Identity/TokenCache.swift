import Crypto
import Market

/// Whom a token identifies.
package struct VerifiedToken: Sendable {
  package let user: ActingUser
  /// When the token ends, in seconds since 1970.
  package let end: Double
}

/// Whom tokens identify that were verified lately, by the tokens' digests. Bounded.
struct TokenCache {
  /// When as many were added as one half can hold, the older half is forgotten.
  private let half: Int
  private var newer: [SHA256Digest: VerifiedToken] = [:]
  private var older: [SHA256Digest: VerifiedToken] = [:]

  /// - Parameter limit: the most tokens that are kept.
  init(limit: Int = 10_000) { half = limit / 2 }

  var count: Int { newer.count + older.count }

  mutating func find(_ token: SHA256Digest, at now: Double) -> VerifiedToken? {
    if let entry = newer[token] { return now < entry.end ? entry : nil }
    guard let entry = older.removeValue(forKey: token), now < entry.end else { return nil }
    // Used, so it stays.
    add(token, entry)
    return entry
  }

  mutating func add(_ token: SHA256Digest, _ entry: VerifiedToken) {
    if newer.count >= half {
      older = newer
      newer = [:]
    }
    newer[token] = entry
  }
}
