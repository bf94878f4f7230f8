import Crypto
import Market

/// Whom tokens identify that were verified lately, by the tokens' digests. Bounded.
struct TokenCache {
  struct Entry {
    let user: ActingUser
    /// When the token ends, in seconds since 1970.
    let end: Double
  }

  /// When as many were added as one half can hold, the older half is forgotten.
  private let half: Int
  private var newer: [SHA256Digest: Entry] = [:]
  private var older: [SHA256Digest: Entry] = [:]

  /// - Parameter limit: the most tokens that are kept.
  init(limit: Int = 10_000) { half = limit / 2 }

  var count: Int { newer.count + older.count }

  mutating func find(_ token: SHA256Digest, at now: Double) -> ActingUser? {
    if let entry = newer[token] { return now < entry.end ? entry.user : nil }
    guard let entry = older.removeValue(forKey: token), now < entry.end else { return nil }
    // Used, so it stays.
    add(token, entry)
    return entry.user
  }

  mutating func add(_ token: SHA256Digest, _ entry: Entry) {
    if newer.count >= half {
      older = newer
      newer = [:]
    }
    newer[token] = entry
  }
}
