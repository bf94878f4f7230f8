import Foundation
import Synchronization

/// An issuer of tokens: its keys as a file in a temporary folder, which ends with the value's lifetime, and tokens
/// signed with the newest of them.
package final class TestIssuer: Sendable {
  package let name = "https://issuer.example/realm"
  package let audience = "handover"
  private let folder: URL
  private let stored: Mutex<[TestKey]>

  package init(_ algorithm: TestKey.Algorithm = .es256) throws {
    folder = URL(fileURLWithPath: "/tmp/handover-issuer-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    stored = Mutex([try TestKey(algorithm, id: "key-1")])
    try publish()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The path of the key set.
  package var jwksFile: String { folder.appending(path: "jwks.json").path }

  /// The keys, the newest one last.
  package var keys: [TestKey] { stored.withLock { $0 } }

  /// The key that tokens are signed with.
  package var key: TestKey { stored.withLock { $0[$0.count - 1] } }

  /// The public keys as a JSON Web Key Set.
  package var jwks: String {
    get throws {
      String(decoding: try JSONEncoder().encode(["keys": keys.map { try $0.members }]), as: UTF8.self)
    }
  }

  /// Adds a key, which signs from now on, and publishes it. Removes the older ones if told so.
  package func rotate(_ algorithm: TestKey.Algorithm = .es256, removingOld: Bool = false) throws {
    try stored.withLock { keys in
      let key = try TestKey(algorithm, id: "key-\(UInt32.random(in: 0...UInt32.max))")
      keys = removingOld ? [key] : keys + [key]
    }
    try publish()
  }

  /// Replaces the file by this text, or by the keys. Nobody reads half of it.
  package func publish(_ text: String? = nil) throws {
    try Data((text ?? jwks).utf8).write(to: URL(fileURLWithPath: jwksFile), options: .atomic)
  }

  /// Returns a token that identifies a user.
  ///
  /// - Parameters:
  ///   - scope: scopes, separated by spaces.
  ///   - lifetime: how long it is good for, in seconds from now; negative if it has expired.
  ///   - changes: more claims as JSON texts, such as `"[1]"`, which replace the usual ones; nil leaves one out.
  ///   - header: the same for the header.
  ///   - key: the key to sign with if it is not the newest one.
  package func token(
    _ userid: String, scope: String? = nil, lifetime: Double = 600, changes: [String: String?] = [:],
    header: [String: String?] = [:], key: TestKey? = nil
  ) throws -> String {
    let key = key ?? self.key
    let now = Date().timeIntervalSince1970.rounded(.down)
    var claims = [
      "iss": try Self.text(name), "aud": try Self.text(audience), "sub": try Self.text(userid),
      "iat": "\(Int(now))", "exp": "\(Int(now + lifetime))",
    ]
    claims["scope"] = try scope.map(Self.text)
    let usual = [
      "alg": try Self.text(key.algorithm.rawValue), "typ": "\"JWT\"", "kid": try Self.text(key.id),
    ]
    return try key.sign(header: Self.object(usual, header), claims: Self.object(claims, changes))
  }

  private static func text(_ value: String) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }

  private static func object(_ members: [String: String], _ changes: [String: String?]) throws -> String {
    var members = members
    for (name, value) in changes { members[name] = value }
    let pairs = try members.sorted { $0.key < $1.key }.map { "\(try text($0.key)):\($0.value)" }
    return "{\(pairs.joined(separator: ","))}"
  }
}
