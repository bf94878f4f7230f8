import Crypto
import CryptoExtras
import Foundation
import Synchronization

/// The operators who may sign in, each with a salted hash of the password: PBKDF2 with HMAC-SHA-512.
///
/// A file of lines `name:$pbkdf2-sha512$210000$<salt>$<hash>`, as `handover web --hash` prints them. Hashing is slow on
/// purpose, so what was right once is remembered, by a digest that is good for nothing elsewhere.
package final class Passwords: Sendable {
  /// Why the file cannot be used.
  package struct Unreadable: Error, CustomStringConvertible {
    package let description: String
  }

  /// Too many are signing in at once.
  package struct Busy: Error {}

  private struct Secret: Sendable {
    let rounds: Int
    let salt: [UInt8]
    let hash: [UInt8]
  }

  private struct State {
    var known: [SHA256Digest: String] = [:]
    /// How many are being verified or wait for that.
    var waiting = 0
  }

  private static let scheme = "pbkdf2-sha512"
  /// As OWASP advises for SHA-512; the fewest that are accepted too.
  private static let rounds = 210_000
  private static let mostRounds = 10_000_000
  private static let mostKnown = 1000
  private static let mostWaiting = 8
  private static let mostBytes = 1 << 20

  private let secrets: [String: Secret]
  /// Stands in for operators who do not exist, so that they take as long.
  private let nobody: Secret
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "passwords")

  /// Reads the file. Throws `Unreadable` if a line is wrong, or nobody could sign in.
  package init(file: String) throws {
    guard let handle = FileHandle(forReadingAtPath: file),
      let data = try handle.read(upToCount: Self.mostBytes)
    else { throw Unreadable(description: "\(file) cannot be read, or is empty.") }
    var secrets: [String: Secret] = [:]
    for (index, line) in String(decoding: data, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let (name, secret) = Self.parse(line), secrets[name] == nil else {
        throw Unreadable(
          description:
            "Line \(index + 1) of \(file) is no name and hash of its own: handover web --hash NAME prints one."
        )
      }
      secrets[name] = secret
    }
    guard !secrets.isEmpty else {
      throw Unreadable(description: "\(file) names nobody: handover web --hash NAME prints a line for it.")
    }
    self.secrets = secrets
    nobody = Secret(rounds: Self.rounds, salt: Self.salt(), hash: [UInt8](repeating: 0, count: 64))
  }

  private static func parse(_ line: String) -> (String, Secret)? {
    let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    let words = parts[1].split(separator: "$").map(String.init)
    guard words.count == 4, words[0] == scheme, let rounds = Int(words[1]),
      (Self.rounds...mostRounds).contains(rounds),
      let salt = Data(base64Encoded: words[2]), salt.count >= 16,
      let hash = Data(base64Encoded: words[3]), hash.count == 64
    else { return nil }
    return (parts[0], Secret(rounds: rounds, salt: [UInt8](salt), hash: [UInt8](hash)))
  }

  private static func salt() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: 0...255) } }

  /// Returns the line of an operator for the file.
  package static func line(_ name: String, password: String) throws -> String {
    let salt = salt()
    let hash = try hash(password, Secret(rounds: rounds, salt: salt, hash: []))
    return
      "\(name):$\(scheme)$\(rounds)$\(Data(salt).base64EncodedString())$\(Data(hash).base64EncodedString())"
  }

  private static func hash(_ password: String, _ secret: Secret) throws -> [UInt8] {
    try KDF.Insecure.PBKDF2.deriveKey(
      from: Array(password.utf8), salt: secret.salt, using: .sha512, outputByteCount: 64,
      rounds: secret.rounds
    ).withUnsafeBytes { Array($0) }
  }

  /// Returns the operator whom an `Authorization` header names; nil if there is none or the password is wrong.
  /// Throws `Busy` if too many are signing in.
  func verify(_ header: String?) async throws -> String? {
    guard let header, header.count < 2000, header.lowercased().hasPrefix("basic "),
      let plain = Data(base64Encoded: header.dropFirst(6).trimmingCharacters(in: .whitespaces)),
      let text = String(validating: plain, as: UTF8.self)
    else { return nil }
    let digest = SHA256.hash(data: plain)
    if let name = state.withLock({ $0.known[digest] }) { return name }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return nil }
    let isWelcome = state.withLock { state in
      guard state.waiting < Self.mostWaiting else { return false }
      state.waiting += 1
      return true
    }
    guard isWelcome else { throw Busy() }
    defer { state.withLock { $0.waiting -= 1 } }
    let (secret, isKnown) = secrets[parts[0]].map { ($0, true) } ?? (nobody, false)
    let isRight = try await withCheckedThrowingContinuation { continuation in
      // One at a time: guessing must not take all cores.
      queue.async {
        continuation.resume(
          with: Result { try Self.areEqual(Self.hash(parts[1], secret), secret.hash) && isKnown })
      }
    }
    guard isRight else { return nil }
    state.withLock { state in
      if state.known.count >= Self.mostKnown { state.known = [:] }
      state.known[digest] = parts[0]
    }
    return parts[0]
  }

  /// Compares without telling by its time where the difference is.
  private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
