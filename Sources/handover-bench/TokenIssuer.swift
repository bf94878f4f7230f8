import Crypto
import Foundation

/// Issues ES256 tokens to the users of a benchmark.
struct TokenIssuer: Sendable {
  private let key = P256.Signing.PrivateKey()
  private let head: String
  private let expiry = Int(Date().timeIntervalSince1970) + 3600

  init() { head = Self.encoded(Data(#"{"alg":"ES256","kid":"bench"}"#.utf8)) }

  /// Writes the key set into a folder. Returns the environment of an ingress that needs the tokens.
  func environment(in folder: URL) throws -> [String: String] {
    let point = key.publicKey.rawRepresentation
    let (x, y) = (Self.encoded(point.prefix(32)), Self.encoded(point.suffix(32)))
    let file = folder.appending(path: "jwks.json")
    let set = #"{"keys":[{"kty":"EC","crv":"P-256","kid":"bench","use":"sig","x":"\#(x)","y":"\#(y)"}]}"#
    try Data(set.utf8).write(to: file)
    return [
      "HANDOVER_AUTH": "required", "HANDOVER_JWKS": file.path, "HANDOVER_JWT_ISSUER": "bench",
      "HANDOVER_JWT_AUDIENCE": "bench",
    ]
  }

  func token(_ userid: String) throws -> String {
    let claims = #"{"iss":"bench","aud":"bench","sub":"\#(userid)","exp":\#(expiry)}"#
    let signed = "\(head).\(Self.encoded(Data(claims.utf8)))"
    return signed + "." + Self.encoded(try key.signature(for: Data(signed.utf8)).rawRepresentation)
  }

  private static func encoded(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
