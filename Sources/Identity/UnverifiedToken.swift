import Foundation

/// The parts of a compact JWT (RFC 7519), of which nothing can be believed before its signature is verified.
struct UnverifiedToken {
  let algorithm: SigningAlgorithm
  /// The `kid`: which key the token says it was signed with.
  let keyID: String?
  /// What the signature is of.
  let signed: ArraySlice<UInt8>
  let signature: [UInt8]
  let claims: [UInt8]

  init(_ token: [UInt8]) throws(TokenRefusal) {
    let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64URL.decode(parts[0]), let claims = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw TokenRefusal("The token is no compact JWT: three parts in base64url, joined by points.") }
    self.claims = claims
    self.signature = signature
    signed = token[..<parts[1].endIndex]
    (algorithm, keyID) = try Self.read(header)
  }

  private static func read(_ json: [UInt8]) throws(TokenRefusal) -> (SigningAlgorithm, String?) {
    guard let header = try? JSONDecoder().decode(Header.self, from: Data(json), configuration: json) else {
      throw TokenRefusal("The header of the token is no JSON object with an alg, or says something twice.")
    }
    guard let algorithm = SigningAlgorithm(rawValue: header.alg) else {
      let names = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
      throw TokenRefusal("The algorithm of the token is none of \(names).")
    }
    guard !header.isCritical else {
      throw TokenRefusal("The token has critical extensions, of which none is understood.")
    }
    // The same key signs tokens for other purposes, such as telling that somebody has logged out.
    guard ["jwt", "at+jwt", "application/at+jwt", nil].contains(header.typ?.lowercased()) else {
      throw TokenRefusal("The type of the token is neither JWT nor at+jwt.")
    }
    return (algorithm, header.kid)
  }

  /// The header; read with its own text.
  private struct Header: DecodableWithConfiguration {
    let alg: String
    let kid: String?
    let typ: String?
    let isCritical: Bool

    init(from decoder: any Decoder, configuration json: [UInt8]) throws {
      let members = try decoder.container(keyedBy: MemberName.self)
      try members.checkDistinct(in: json)
      alg = try members.decode(String.self, forKey: "alg")
      kid = try members.decodeIfPresent(String.self, forKey: "kid")
      typ = try members.decodeIfPresent(String.self, forKey: "typ")
      isCritical = members.contains("crit")
    }
  }
}
