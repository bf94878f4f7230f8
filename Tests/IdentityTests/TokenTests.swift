import Crypto
import Foundation
import Market
import Testbed
import Testing

@testable import Identity

/// Which tokens identify whom.
@Suite struct TokenTests {
  private let issuer: TestIssuer
  private let verifier: TokenVerifier

  init() throws {
    issuer = try TestIssuer()
    verifier = TokenVerifier(issuer)
  }

  @Test(arguments: TestKey.Algorithm.allCases)
  func `a good token of every algorithm identifies its user`(algorithm: TestKey.Algorithm) async throws {
    let issuer = try TestIssuer(algorithm)
    let verifier = TokenVerifier(issuer)
    #expect(try await verifier.verify(issuer.token("김민지")).user == ActingUser("김민지"))
    #expect(try await verifier.verify(issuer.token("op", scope: "handover:operator")).user.isOperator)
  }

  @Test func `a token says the same every time, and another one something else`() async throws {
    let (first, second) = (try issuer.token("a"), try issuer.token("b"))
    for _ in 1...3 {
      #expect(try await verifier.verify(first).user == ActingUser("a"))
      #expect(try await verifier.verify(second).user == ActingUser("b"))
    }
  }

  // MARK: The header

  @Test(arguments: [
    "none", "None", "NONE", "nOnE", " none", "none ", "non\\u0065", "", "null", "HS256", "HS384", "HS512",
    "hs256",
    "RS384", "RS512", "RS1", "PS384", "PS512", "ES384", "ES512", "ES256K", "es256", "Es256", "ES256 ",
    "Ed25519",
    "Ed448", "MLDSA65", "RSA-OAEP", "dir", "A128KW", "ES256\\u0000",
  ])
  func `any other algorithm is refused, signed or not`(algorithm: String) async throws {
    let signed = try issuer.token("a", header: ["alg": "\"\(algorithm)\""])
    let parts = signed.split(separator: ".")
    for token in [signed, "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1]).AA"] {
      await verifier.expectInvalid(token, "The algorithm of the token is none of")
    }
  }

  @Test(arguments: [nil, "null", "1", "[\"ES256\"]", "{\"ES256\":1}", "true"] as [String?])
  func `a header without the name of an algorithm is refused`(algorithm: String?) async throws {
    await verifier.expectInvalid(try issuer.token("a", header: ["alg": algorithm]), "header")
  }

  @Test(arguments: TestKey.Algorithm.allCases)
  func `a secret made of public keys signs nothing`(algorithm: TestKey.Algorithm) async throws {
    let issuer = try TestIssuer(algorithm)
    let verifier = TokenVerifier(issuer)
    let pem = issuer.key.publicPEM
    let secrets =
      [pem, pem + "\n", try issuer.jwks].map { Data($0.utf8) }
      + (try issuer.key.members.values.flatMap {
        [Data($0.utf8), Data(base64Encoded: $0)].compactMap(\.self)
      })
      + [Data(base64Encoded: pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined())].compactMap(
        \.self)
    #expect(secrets.count > 5)
    for secret in secrets {
      for name in ["HS256", algorithm.rawValue] {
        let token = try issuer.token("a", header: ["alg": "\"\(name)\""])
        let signed = token.prefix { $0 != "." } + "." + token.split(separator: ".")[1]
        let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: secret))
        await verifier.expectInvalid(
          "\(signed).\(Data(code).base64URL)", name == "HS256" ? "algorithm" : "signature")
      }
    }
  }

  @Test func `a symmetric key in the set verifies nothing`() async throws {
    let secret = Data("a secret of thirty-two characters".utf8)
    var key = try issuer.key.members
    key["alg"] = nil
    for algorithm in ["HS256", "ES256", "RS256"] {
      let symmetric = ["kty": "oct", "kid": "secret", "k": secret.base64URL, "alg": algorithm]
      let set = try JSONEncoder().encode(["keys": [symmetric, key]])
      try issuer.publish(String(decoding: set, as: UTF8.self))
      let verifier = TokenVerifier(issuer)
      let token = try issuer.token("a", header: ["alg": "\"\(algorithm)\"", "kid": "\"secret\""])
      let signed = token.split(separator: ".")[0...1].joined(separator: ".")
      let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: secret))
      await verifier.expectInvalid(
        "\(signed).\(Data(code).base64URL)", algorithm == "HS256" ? "algorithm" : "names a key")
      #expect(await verifier.refusal(of: try issuer.token("a")) == nil)
    }
  }

  @Test func `the header must name a key that is the token's`() async throws {
    let old = issuer.key
    try issuer.rotate()
    await verifier.expectInvalid(try issuer.token("a", header: ["kid": "\"key-0\""]), "names a key")
    await verifier.expectInvalid(try issuer.token("a", header: ["kid": "\"\""]), "names a key")
    await verifier.expectInvalid(try issuer.token("a", header: ["kid": "\"\(old.id)\""]), "signature")
    await verifier.expectInvalid(try issuer.token("a", header: ["kid": "1"]), "header")
    await verifier.expectInvalid(try issuer.token("a", header: ["kid": "[\"\(old.id)\"]"]), "header")
    let stranger = try TestKey(id: old.id)
    await verifier.expectInvalid(try issuer.token("a", key: stranger), "signature")
    #expect(await verifier.refusal(of: try issuer.token("a", key: old)) == nil)
  }

  @Test func `keys that a token brings along are ignored`() async throws {
    let stranger = try TestKey(id: "stranger")
    let key = String(decoding: try JSONEncoder().encode(stranger.members), as: UTF8.self)
    let own = "\"\(issuer.key.id)\""
    for (kid, words) in [(own, "signature"), ("\"stranger\"", "names a key"), (nil, "signature")] {
      let token = try issuer.token(
        "a", header: ["jwk": key, "jku": "\"http://127.0.0.1:1/\"", "x5c": "[\"MAA=\"]", "kid": kid],
        key: stranger)
      await verifier.expectInvalid(token, words)
    }
  }

  @Test(arguments: ["[\"exp\"]", "[\"b64\"]", "[]", "null", "\"exp\"", "1"])
  func `critical extensions are refused`(value: String) async throws {
    let token = try issuer.token("a", header: ["crit": value, "b64": "false"])
    await verifier.expectInvalid(token, "critical")
  }

  @Test func `members of the header that mean nothing here are ignored`() async throws {
    for value in ["1e300", "-1e300", "1e-300", "18446744073709551616", "[[{}]]", "null", "\"\\u0000\""] {
      #expect(await verifier.refusal(of: try issuer.token("a", header: ["x": value])) == nil)
    }
  }

  @Test func `tokens of other types are refused`() async throws {
    for type in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
      #expect(await verifier.refusal(of: try issuer.token("a", header: ["typ": "\"\(type)\""])) == nil)
    }
    #expect(await verifier.refusal(of: try issuer.token("a", header: ["typ": nil])) == nil)
    for type in ["logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", ""] {
      await verifier.expectInvalid(try issuer.token("a", header: ["typ": "\"\(type)\""]), "type of the token")
    }
  }

  // MARK: The claims

  @Test(
    arguments: [
      ("iss", nil, "iss is missing"), ("iss", "null", "iss"),
      ("iss", "[\"https://issuer.example/realm\"]", "iss"),
      ("iss", "\"https://issuer.example/realm/\"", "another issuer"), ("iss", "\"\"", "another issuer"),
      ("iss", "\"HTTPS://issuer.example/realm\"", "another issuer"),
      ("aud", nil, "aud is missing"), ("aud", "null", "aud"), ("aud", "[]", "another audience"),
      ("aud", "\"other\"", "another audience"), ("aud", "\"handover \"", "another audience"),
      ("aud", "\"Handover\"", "another audience"), ("aud", "[\"a\",\"b\"]", "another audience"),
      ("aud", "[\"handover\",1]", "aud"), ("aud", "{\"handover\":1}", "aud"), ("aud", "1", "aud"),
      ("exp", nil, "exp is missing"), ("exp", "null", "exp"), ("exp", "\"9999999999\"", "exp"),
      ("exp", "true", "exp"), ("exp", "[9999999999]", "exp"), ("exp", "0", "expired"),
      ("exp", "-1", "expired"),
      ("exp", "-1e300", "expired"), ("exp", "1e400", "claims"), ("exp", "1e", "claims"),
      ("exp", "NaN", "claims"),
      ("nbf", "9999999999", "not valid yet"), ("nbf", "\"0\"", "nbf"), ("nbf", "1e300", "not valid yet"),
      ("iat", "9999999999", "not valid yet"), ("iat", "\"0\"", "iat"), ("iat", "[]", "iat"),
      ("sub", nil, "names the user"), ("sub", "null", "names the user"), ("sub", "5", "names the user"),
      ("sub", "true", "names the user"), ("sub", "[\"a\"]", "names the user"),
      ("sub", "{}", "names the user"),
      ("sub", "\"\"", "names the user"), ("sub", "\"   \"", "names the user"),
      ("sub", "\" a\"", "names the user"),
      ("sub", "\"a \"", "names the user"), ("sub", "\"a\\u0000\"", "names the user"),
      ("sub", "\"a\\nb\"", "names the user"), ("sub", "\"a\\tb\"", "names the user"),
      ("sub", "\"a\\u007f\"", "names the user"), ("sub", "\"a\\u0085\"", "names the user"),
      ("sub", "\"\\u202ea\"", "names the user"), ("sub", "\"\\u2066a\"", "names the user"),
      ("sub", "\"\\ufeffa\"", "names the user"), ("sub", "\"a\\u2028\"", "names the user"),
      ("sub", "\"\\ud800\"", "claims"),
      ("sub", "\"\(String(repeating: "가", count: 101))\"", "names the user"),
      ("scope", "1", "scope"), ("scope", "[\"handover:operator\"]", "scope"), ("scp", "1", "scp"),
      ("scp", "[1]", "scp"), ("scp", "{}", "scp"),
    ] as [(String, String?, String)])
  func `a claim that is missing, of another type or not acceptable is refused`(
    claim: String, value: String?, words: String
  ) async throws {
    await verifier.expectInvalid(try issuer.token("a", changes: [claim: value]), words)
  }

  @Test(
    arguments: [
      ("aud", "[\"other\",\"handover\"]"), ("aud", "[\"handover\"]"), ("exp", "9999999999.5"),
      ("exp", "1e300"),
      ("nbf", "0"), ("nbf", "-1"), ("nbf", "null"), ("iat", "null"), ("iat", nil), ("scope", "null"),
      ("scp", "null"),
      ("sub", "\"\(String(repeating: "가", count: 100))\""), ("sub", "\"😀 b\""), ("sub", "\"a|b:c/d\""),
      ("more", "[[[[{\"sub\":\"b\"}]]]]"), ("more", "\"{\\\"sub\\\":\\\"b\\\",,,\\\\\""), ("", "1"),
    ] as [(String, String?)])
  func `a claim that is acceptable is accepted`(claim: String, value: String?) async throws {
    #expect(await verifier.refusal(of: try issuer.token("a", changes: [claim: value])) == nil)
  }

  @Test func `clocks can be half a minute apart`() throws {
    let options = IdentityOptions(issuer)
    func claims(exp: Int, nbf: Int = 0, iat: Int = 0) throws(TokenRefusal) -> Claims {
      let text =
        #"{"iss":"\#(issuer.name)","aud":"handover","sub":"a","exp":\#(exp),"nbf":\#(nbf),"iat":\#(iat)}"#
      return try Claims(Array(text.utf8), options, at: 1_000_000)
    }
    #expect(try claims(exp: 999_971).end == 1_000_001)
    #expect(throws: TokenRefusal.self) { try claims(exp: 999_970) }
    #expect(throws: Never.self) { try claims(exp: 2_000_000, nbf: 1_000_030) }
    #expect(throws: TokenRefusal.self) { try claims(exp: 2_000_000, nbf: 1_000_031) }
    #expect(throws: Never.self) { try claims(exp: 2_000_000, iat: 1_000_030) }
    #expect(throws: TokenRefusal.self) { try claims(exp: 2_000_000, iat: 1_000_031) }
    #expect(throws: Never.self) { try issuer.token("a", lifetime: -10) }
  }

  @Test func `a token works until half a minute after its end`() async throws {
    #expect(await verifier.refusal(of: try issuer.token("a", lifetime: -1)) == nil)
    await verifier.expectInvalid(try issuer.token("a", lifetime: -31), "expired")
  }

  @Test(arguments: [
    ("scope", "\"handover:operator\"", true), ("scope", "\"openid handover:operator email\"", true),
    ("scope", "\"  handover:operator  \"", true), ("scp", "\"openid handover:operator\"", true),
    ("scp", "[\"openid\",\"handover:operator\"]", true), ("scope", "\"\"", false),
    ("scope", "\"handover:operators xhandover:operator Handover:Operator\"", false),
    ("scope", "\"handover:operator,openid\"", false), ("scp", "[\"a handover:operator\"]", false),
    ("scp", "[]", false),
    ("roles", "[\"handover:operator\"]", false), ("SCOPE", "\"handover:operator\"", false),
  ])
  func `the scope of operators makes an operator`(claim: String, value: String, isOperator: Bool) async throws
  {
    let user = try await verifier.verify(issuer.token("a", changes: [claim: value])).user
    #expect(user == ActingUser("a", isOperator: isOperator))
  }

  @Test func `the claim of the user and the scope of operators can be set`() async throws {
    let verifier = TokenVerifier(issuer) {
      $0.userClaim = "사용자"
      $0.operatorScope = "admin"
    }
    let token = try issuer.token("a", scope: "admin handover:operator", changes: ["사용자": "\"b\""])
    #expect(try await verifier.verify(token).user == ActingUser("b", isOperator: true))
    let other = try issuer.token("a", scope: "handover:operator", changes: ["사용자": "\"b\""])
    #expect(try await verifier.verify(other).user == ActingUser("b"))
    await verifier.expectInvalid(try issuer.token("a"), "The claim that names the user is missing")
  }

  // MARK: The form

  @Test func `no member can occur twice`() async throws {
    let end = Int(Date().timeIntervalSince1970) + 600
    let claims = #""iss":"\#(issuer.name)","aud":"handover","exp":\#(end)"#
    let header = #""alg":"ES256","kid":"\#(issuer.key.id)""#
    func token(_ header: String, _ claims: String) throws -> String {
      try issuer.key.sign(header: header, claims: claims)
    }
    #expect(await verifier.refusal(of: try token("{\(header)}", #"{\#(claims),"sub":"a"}"#)) == nil)
    for members in [
      #""sub":"a","sub":"b""#, #""sub":"a","sub":"a""#, #""sub":"a","s\u0075b":"b""#, #""sub":"a","exp":1"#,
      #""sub":"a","x":1,"x":[1,{"y":2}]"#, #""sub":"a","\u00e9":1,"e\u0301":2"#,
      #""sub":"a","x\"":1,"x\"":2"#,
    ] {
      await verifier.expectInvalid(try token("{\(header)}", "{\(claims),\(members)}"), "claims", "\(members)")
    }
    for members in [#""alg":"ES256""#, #""alg":"none""#, #""kid":"other""#, #""\u0061lg":"ES256""#] {
      let twice = try token("{\(header),\(members)}", #"{\#(claims),"sub":"a"}"#)
      await verifier.expectInvalid(twice, "header", "\(members)")
    }
  }

  @Test func `claims and headers that are no JSON objects are refused`() async throws {
    let header = #"{"alg":"ES256","kid":"\#(issuer.key.id)"}"#
    let deep = String(repeating: "[", count: 2500)
    let texts = [
      "", "{", "}", "[]", "1", "null", "\"\"", "{}", "{\"sub\"}", "{\"sub\":}", "{,}", "{\"alg\":\"ES256\",}",
      deep,
      "{\"a\":\(deep)", String(repeating: "{\"a\":", count: 1000), "\u{0}", "{\"alg\":\"ES256\"} {}",
    ]
    for text in texts {
      await verifier.expectInvalid(
        try issuer.key.sign(header: header, claims: text), "claim", "\(text.prefix(20))")
      await verifier.expectInvalid(
        try issuer.key.sign(header: text, claims: "{}"), nil, "\(text.prefix(20))")
    }
    let good = try issuer.token("a").split(separator: ".")
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x3A, 0x31, 0x7D]] {
      let part = Data(bytes).base64URL
      await verifier.expectInvalid("\(part).\(good[1]).\(good[2])", "header")
      await verifier.expectInvalid("\(good[0]).\(part).\(good[2])", "signature")
    }
  }

  @Test func `what is no compact JWT is refused`() async throws {
    let token = try issuer.token("a")
    let parts = token.split(separator: ".").map(String.init)
    for text in [
      "", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", token + ".", "." + token, token + "=",
      token + "==",
      token + "A", token + " ", " " + token, token + "\n", "Bearer " + token, token + "." + parts[2],
      "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", ".\(parts[1]).\(parts[2])",
      "\(parts[0])..\(parts[2])", token.replacing(".", with: "。"), token.replacing("_", with: "/") + "+",
      "\(parts[0])=.\(parts[1]).\(parts[2])", "é.é.é", "\0.\0.\0", "{\"payload\":\"\"}",
      "\(parts[0]).\(parts[1]).\(parts[2].dropLast(2))", "\(parts[0]).\(parts[1]).\(parts[2])AAAA",
    ] {
      await verifier.expectInvalid(text, nil, "\(text.prefix(100))")
    }
  }

  @Test func `a signature has one spelling`() async throws {
    // The last letter of 64 bytes holds two bits of them and four that mean nothing.
    let token = try issuer.token("a")
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let place = try #require(token.last.flatMap(alphabet.firstIndex))
    #expect(place.isMultiple(of: 16))
    for other in place + 1..<place + 16 {
      await verifier.expectInvalid(token.dropLast() + String(alphabet[other]), "compact")
    }
    #expect(await verifier.refusal(of: token) == nil)
  }

  @Test func `long tokens are refused unread`() async throws {
    func token(_ length: Int) throws -> String {
      try issuer.token("a", changes: ["more": "\"\(String(repeating: "x", count: length))\""])
    }
    let rest = try token(0).utf8.count
    let most = (TokenVerifier.longestToken - rest) / 4 * 3 - 3
    #expect(await verifier.refusal(of: try token(most)) == nil)
    await verifier.expectInvalid(try token(most + 10), "longer than")
    await verifier.expectInvalid(String(repeating: "a", count: 1 << 20), "longer than")
    await verifier.expectInvalid(String(repeating: ".", count: 8000), "compact")
  }

  @Test(arguments: TestKey.Algorithm.allCases)
  func `a damaged token never identifies somebody else`(algorithm: TestKey.Algorithm) async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("TokenTests: damaged \(algorithm.rawValue) tokens, seed \(seed)")
    var dice = SplitMix64(seed: seed)
    let issuer = try TestIssuer(algorithm)
    let verifier = TokenVerifier(issuer)
    let good = Array(try issuer.token("a").utf8)
    let other = Array(try issuer.token("operator", scope: "handover:operator").utf8)
    let alphabet = Array("ABCXYZabcxyz0189-_.=+/ {}\0".utf8)
    var refused = 0
    for _ in 0..<1000 {
      var bytes = good
      for _ in 0...Int.random(in: 0...3, using: &dice) {
        guard !bytes.isEmpty else { break }
        let place = Int.random(in: 0..<bytes.count, using: &dice)
        switch Int.random(in: 0..<6, using: &dice) {
        case 0: bytes[place] = alphabet.randomElement(using: &dice) ?? 0
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(alphabet.randomElement(using: &dice) ?? 0, at: place)
        case 3: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &dice))
        case 4: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &dice)
        default:
          // Parts of two good tokens.
          let parts = other.split(separator: UInt8(ascii: "."))
          var mixed = bytes.split(separator: UInt8(ascii: "."))
          if mixed.count == 3 {
            mixed[Int.random(in: 1...2, using: &dice)] = parts[Int.random(in: 1...2, using: &dice)]
          }
          bytes = Array(mixed.joined(separator: [UInt8(ascii: ".")]))
        }
      }
      let token = String(decoding: bytes, as: UTF8.self)
      if bytes == other { continue }
      do throws(TokenRefusal) {
        let user = try await verifier.verify(token).user
        #expect(user == ActingUser("a"), "\(token)")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 900)
    #expect(try await verifier.verify(String(decoding: good, as: UTF8.self)).user == ActingUser("a"))
  }

  @Test func `any signed claims give a user who can be named, or a refusal`() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("TokenTests: damaged claims, seed \(seed)")
    var dice = SplitMix64(seed: seed)
    let options = IdentityOptions(issuer)
    let valid = Array(
      #"{"iss":"\#(issuer.name)","aud":["handover"],"sub":"김","exp":9999999999.5,"scp":["a"],"x":{"y":[1,null]}}"#
        .utf8)
    let alphabet = Array("{}[]\",:\\u0eE+-.1 tfn\0\u{7f}é".utf8)
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = valid
      for _ in 0...Int.random(in: 0...2, using: &dice) {
        let place = Int.random(in: 0..<bytes.count, using: &dice)
        switch Int.random(in: 0..<3, using: &dice) {
        case 0: bytes[place] = alphabet.randomElement(using: &dice) ?? 0
        case 1: bytes.remove(at: place)
        default: bytes.insert(alphabet.randomElement(using: &dice) ?? 0, at: place)
        }
      }
      guard let claims = try? Claims(bytes, options, at: 0) else { continue }
      accepted += 1
      #expect(ActingUser.isUserid(claims.user.userid) && !claims.user.isOperator)
    }
    #expect(accepted > 100)
  }
}
