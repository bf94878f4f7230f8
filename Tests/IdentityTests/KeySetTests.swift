import Foundation
import Testbed
import Testing

@testable import Identity

/// Which keys of a set verify what.
@Suite struct KeySetTests {
  /// Members that make a key of the set; `change` replaces some of them.
  private static func member(_ key: TestKey, _ change: [String: String?] = [:]) throws -> [String: String] {
    try key.members.merging(change.map { ($0.key, $0.value ?? "") }) { $1 }.filter { !$0.value.isEmpty }
  }

  private static func set(_ keys: [[String: String]], and more: String = "") throws -> String {
    let texts = try keys.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    return "{\"keys\":[\((texts + (more.isEmpty ? [] : [more])).joined(separator: ","))]}"
  }

  /// A verifier whose issuer publishes this text.
  private static func verifier(_ issuer: TestIssuer, _ text: String) throws -> TokenVerifier {
    try issuer.publish(text)
    return TokenVerifier(issuer)
  }

  @Test func `an RSA key without alg verifies RS256 and PS256, one with alg only that`() async throws {
    let issuer = try TestIssuer(.rs256)
    let pss = try TestIssuer(.ps256)
    for (stated, accepts) in [
      (nil, true), ("RS256", true), ("PS256", false), ("RS512", nil), ("RSA-OAEP", nil),
    ]
      as [(String?, Bool?)]
    {
      let verifier = try Self.verifier(issuer, Self.set([Self.member(issuer.key, ["alg": stated])]))
      let refusal = await verifier.refusal(of: try issuer.token("a"))
      switch accepts {
      case true?: #expect(refusal == nil)
      case false?: #expect(refusal?.reason.contains("fits the algorithm") == true)
      // No key is left.
      case nil: #expect(refusal?.kind == .unavailable)
      }
    }
    for (stated, isAccepted) in [(nil, true), ("PS256", true), ("RS256", false)] as [(String?, Bool)] {
      let verifier = try Self.verifier(pss, Self.set([Self.member(pss.key, ["alg": stated])]))
      #expect((await verifier.refusal(of: try pss.token("a")) == nil) == isAccepted)
    }
  }

  @Test func `the algorithm of a token must fit the kind of its key`() async throws {
    let keys = try TestKey.Algorithm.allCases.map { try TestKey($0, id: $0.rawValue) }
    let issuer = try TestIssuer()
    let verifier = try Self.verifier(issuer, Self.set(keys.map { try Self.member($0) }))
    for key in keys {
      for claimed in keys where claimed.algorithm != key.algorithm {
        let token = try issuer.token("a", header: ["alg": "\"\(claimed.algorithm.rawValue)\""], key: key)
        let isRSA = [.rs256, .ps256].contains(key.algorithm) && [.rs256, .ps256].contains(claimed.algorithm)
        await verifier.expectInvalid(token, isRSA ? "signature" : "fits the algorithm")
      }
      #expect(await verifier.refusal(of: try issuer.token("a", key: key)) == nil)
    }
  }

  @Test func `a token without kid needs a set in which one key fits`() async throws {
    let issuer = try TestIssuer()
    let token = try issuer.token("a", header: ["kid": nil])
    let key = issuer.key
    for other in try [TestKey(.rs256, id: "rsa"), TestKey(.edDSA, id: "ed")] {
      let verifier = try Self.verifier(
        issuer, Self.set([Self.member(other), Self.member(key, ["kid": nil])]))
      #expect(await verifier.refusal(of: token) == nil)
    }
    let two = try Self.verifier(issuer, Self.set([Self.member(key), Self.member(TestKey(id: "second"))]))
    await two.expectInvalid(token, "Several keys")
    let none = try Self.verifier(issuer, Self.set([Self.member(TestKey(.rs256, id: "rsa"))]))
    await none.expectInvalid(token, "fits the algorithm")
    let named = try Self.verifier(issuer, Self.set([Self.member(key, ["kid": nil])]))
    await named.expectInvalid(try issuer.token("a"), "names a key")
  }

  @Test func `a kid that two keys share chooses by the algorithm, if that is enough`() async throws {
    let issuer = try TestIssuer()
    let key = issuer.key
    let rsa = try TestKey(.rs256, id: key.id)
    let apart = try Self.verifier(issuer, Self.set([Self.member(key), Self.member(rsa)]))
    #expect(await apart.refusal(of: try issuer.token("a")) == nil)
    #expect(await apart.refusal(of: try issuer.token("a", key: rsa)) == nil)
    let alike = try Self.verifier(issuer, Self.set([Self.member(key), Self.member(TestKey(id: key.id))]))
    await alike.expectInvalid(try issuer.token("a"), "Several keys")
    let same = try Self.verifier(issuer, Self.set([Self.member(key), Self.member(key)]))
    #expect(await same.refusal(of: try issuer.token("a")) == nil)
  }

  @Test func `keys that verify nothing spoil no others`() async throws {
    let issuer = try TestIssuer()
    let good = try Self.member(issuer.key, ["use": nil])
    let rsa = try TestKey(.rs256, id: "bad")
    let small = try TestKey(.rs256, id: "bad", bits: 1024)
    let point = try TestKey(id: "bad")
    let edwards = try TestKey(.edDSA, id: "bad")
    let bad: [[String: String]] = try [
      Self.member(point, ["use": "enc"]), Self.member(point, ["use": "SIG"]),
      Self.member(point, ["kty": nil]),
      Self.member(point, ["kty": "oct"]), Self.member(point, ["kty": "AKP"]),
      Self.member(point, ["kty": "ec"]),
      Self.member(point, ["crv": "P-384"]), Self.member(point, ["crv": "secp256k1"]),
      Self.member(point, ["crv": nil]),
      Self.member(point, ["x": nil]), Self.member(point, ["y": "AAAA"]), Self.member(point, ["y": "***"]),
      Self.member(point, ["x": good["x"]]), Self.member(point, ["alg": "ES384"]),
      Self.member(point, ["alg": "HS256"]),
      Self.member(point, ["alg": "none"]),
      Self.member(small), Self.member(rsa, ["n": nil]), Self.member(rsa, ["n": "AA"]),
      Self.member(rsa, ["e": nil]),
      Self.member(rsa, ["e": "AA"]), Self.member(rsa, ["e": "AQ"]), Self.member(rsa, ["e": "AQAA"]),
      Self.member(rsa, ["e": String(repeating: "_", count: 400)]),
      Self.member(rsa, ["n": String(repeating: "_", count: 40_000)]), Self.member(rsa, ["n": "AAAA****"]),
      Self.member(edwards, ["crv": "X25519"]), Self.member(edwards, ["crv": "Ed448"]),
      Self.member(edwards, ["x": "AAAA"]), Self.member(edwards, ["x": nil]), [:],
      ["kty": "oct", "k": "AAAA"],
    ]
    for key in bad {
      let fault = await #expect(throws: KeyFault.self) { try await KeySet(json: Data(Self.set([key]).utf8)) }
      #expect(fault?.reason.contains("None of its 1 keys") == true, "\(key)")
    }
    let others =
      #"5,null,"text",[],{"kty":5},{"kty":"EC","kid":7},{"kty":"EC","use":["sig"]},{"kty":"RSA","n":1,"e":2},"#
      + #"{"kty":"EC","key_ops":["sign"],"crv":"P-256"},{"kty":"EC","crv":"P-256","x":"\#(good["x"] ?? "")"}"#
    let set = try await KeySet(json: Data(Self.set(bad + [good], and: others).utf8))
    #expect(set.ignored == bad.count + 10)
    #expect(set.sources.map(\.kid) == [issuer.key.id])
    let verifier = try Self.verifier(issuer, Self.set(bad + [good], and: others))
    #expect(await verifier.refusal(of: try issuer.token("a")) == nil)
  }

  @Test func `operations of a key must include verifying`() async throws {
    let key = try TestKey(id: "a")
    let text = try Self.set([Self.member(key, ["use": nil])])
    for (operations, isUsed) in [
      ("[\"verify\"]", true), ("[\"sign\",\"verify\"]", true), ("[\"encrypt\"]", false),
    ] {
      let json = text.replacing("\"kty\"", with: "\"key_ops\":\(operations),\"kty\"")
      #expect(((try? await KeySet(json: Data(json.utf8))) != nil) == isUsed)
    }
  }

  @Test(arguments: [
    "", " ", "null", "5", "[]", "{}", "{\"keys\":null}", "{\"keys\":{}}", "{\"keys\":5}", "<html>",
    "{\"keys\":[",
    String(repeating: "[", count: 100_000), "{\"keys\":" + String(repeating: "[", count: 100_000), "\u{0}",
  ])
  func `what is no key set is refused`(text: String) async {
    let fault = await #expect(throws: KeyFault.self) { try await KeySet(json: Data(text.utf8)) }
    #expect(fault?.reason.contains("no JSON Web Key Set") == true)
  }

  @Test func `a set without a usable key is refused`() async {
    let fault = await #expect(throws: KeyFault.self) { try await KeySet(json: Data("{\"keys\":[]}".utf8)) }
    #expect(fault?.reason.contains("None of its 0 keys") == true)
  }
}
