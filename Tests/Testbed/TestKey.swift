import Crypto
import CryptoExtras
import Foundation

/// A key pair of an issuer.
package struct TestKey: Sendable {
  /// An algorithm for signing tokens, by its JOSE name.
  package enum Algorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
  }

  private enum Secret: Sendable {
    case rsa(_RSA.Signing.PrivateKey, _RSA.Signing.Padding)
    case p256(P256.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)
  }

  package let id: String
  package let algorithm: Algorithm
  private let secret: Secret

  /// - Parameter bits: the size of an RSA key.
  package init(_ algorithm: Algorithm = .es256, id: String, bits: Int = 2048) throws {
    self.id = id
    self.algorithm = algorithm
    secret =
      switch algorithm {
      case .rs256: .rsa(try .init(unsafeKeySize: .init(bitCount: bits)), .insecurePKCS1v1_5)
      case .ps256: .rsa(try .init(unsafeKeySize: .init(bitCount: bits)), .PSS)
      case .es256: .p256(.init())
      case .edDSA: .ed25519(.init())
      }
  }

  /// The public key as members of a JSON Web Key, with `kid` and `use`, and without `alg`.
  package var members: [String: String] {
    get throws {
      var members = ["kid": id, "use": "sig"]
      switch secret {
      case .rsa(let key, _):
        let numbers = try key.publicKey.getKeyPrimitives()
        members["kty"] = "RSA"
        members["n"] = numbers.modulus.base64URL
        members["e"] = numbers.publicExponent.base64URL
      case .p256(let key):
        let point = key.publicKey.rawRepresentation
        members["kty"] = "EC"
        members["crv"] = "P-256"
        members["x"] = point.prefix(32).base64URL
        members["y"] = point.suffix(32).base64URL
      case .ed25519(let key):
        members["kty"] = "OKP"
        members["crv"] = "Ed25519"
        members["x"] = key.publicKey.rawRepresentation.base64URL
      }
      return members
    }
  }

  /// The public key as people pass it on.
  package var publicPEM: String {
    switch secret {
    case .rsa(let key, _): key.publicKey.pemRepresentation
    case .p256(let key): key.publicKey.pemRepresentation
    case .ed25519(let key): key.publicKey.rawRepresentation.base64EncodedString()
    }
  }

  /// Signs a header and claims, whatever they say. Returns a compact JWT.
  package func sign(header: String, claims: String) throws -> String {
    let signed = Data(header.utf8).base64URL + "." + Data(claims.utf8).base64URL
    let message = Data(signed.utf8)
    let signature =
      switch secret {
      case .rsa(let key, let padding):
        try key.signature(for: SHA256.hash(data: message), padding: padding).rawRepresentation
      case .p256(let key): try key.signature(for: message).rawRepresentation
      case .ed25519(let key): try key.signature(for: message)
      }
    return signed + "." + signature.base64URL
  }
}

extension Data {
  /// The bytes in base64 for URLs, without padding.
  package var base64URL: String {
    base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
