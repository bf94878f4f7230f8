import Foundation

/// Names of commands: a client's own idempotency key, or one made here.
enum CommandID {
  /// `h-<milliseconds, base 36>-<random>`.
  static func make() -> String {
    "h-\(String(now, radix: 36))-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
  }

  /// Reads the `Idempotency-Key` header; nil without one.
  static func key(_ header: String?) throws(Problem) -> String? {
    guard let header else { return nil }
    guard (1...200).contains(header.utf8.count), header.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Problem(
        .badRequest, "badIdempotencyKey",
        "Idempotency-Key must be 1 to 200 visible ASCII characters, no spaces.")
    }
    return header
  }

  /// Whether it was made here within the last minute, so that its command may still be on its way.
  static func isFresh(_ commandid: String) -> Bool {
    let parts = commandid.split(separator: "-")
    guard parts.count == 3, parts[0] == "h", let made = Int(parts[1], radix: 36) else { return false }
    return (-60_000...60_000).contains(now - made)
  }

  private static var now: Int { Int(Date().timeIntervalSince1970 * 1000) }
}
