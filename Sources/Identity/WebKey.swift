import JWTKit

/// One JSON Web Key: those members that matter for verifying.
struct WebKey: Decodable, Hashable, Sendable {
  var kty: String
  var use: String?
  // As the standard spells it.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var key_ops: [String]?
  var alg: String?
  var kid: String?
  var crv: String?
  var n: String?
  var e: String?
  var x: String?
  var y: String?

  /// The algorithms whose signatures the key can verify. A symmetric key verifies none: whoever can verify with
  /// it can sign too.
  var algorithms: [SigningAlgorithm] {
    guard use == nil || use == "sig", key_ops?.contains("verify") != false else { return [] }
    let fitting: [SigningAlgorithm] =
      switch (kty, crv) {
      case ("RSA", _): [.rs256, .ps256]
      case ("EC", "P-256"): [.es256]
      case ("OKP", "Ed25519"): [.edDSA]
      default: []
      }
    return fitting.filter { alg == nil || alg == $0.rawValue }
  }

  /// The key for one algorithm. Throws if the numbers are no key, or an RSA key is shorter than 2048 bits.
  func verifier(_ algorithm: SigningAlgorithm) async throws -> any JWTAlgorithm {
    // A collection of its own: it gives every key one algorithm, the first one asked for.
    let name: JWKIdentifier = "key"
    let key: JWK =
      switch algorithm {
      case .rs256: .rsa(.rs256, identifier: name, modulus: n, exponent: e)
      case .ps256: .rsa(.ps256, identifier: name, modulus: n, exponent: e)
      case .es256: .ecdsa(.es256, identifier: name, x: x, y: y, curve: .p256)
      case .edDSA: .octetKeyPair(.eddsa, identifier: name, x: x, y: nil, curve: .ed25519)
      }
    return try await JWTKeyCollection().add(jwk: key).getKey(for: name)
  }
}

/// A JSON Web Key Set. An element that is no key at all is nil, and spoils no other.
struct WebKeySet: Decodable {
  private struct Element: Decodable {
    let key: WebKey?

    init(from decoder: any Decoder) { key = try? WebKey(from: decoder) }
  }

  let keys: [WebKey?]

  private enum Name: CodingKey { case keys }

  init(from decoder: any Decoder) throws {
    keys = try decoder.container(keyedBy: Name.self).decode([Element].self, forKey: .keys).map(\.key)
  }
}
