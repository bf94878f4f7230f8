import Logging
import Market
import Testbed
import Testing

@testable import Identity

/// Which tokens identify whom.
@Suite struct TokenTests {
  @Test(arguments: TestKey.Algorithm.allCases)
  func `a good token of every algorithm identifies its user`(algorithm: TestKey.Algorithm) async throws {
    let issuer = try TestIssuer(algorithm)
    let verifier = TokenVerifier(issuer)
    let user = try await verifier.verify(issuer.token("김민지"))
    #expect(user == ActingUser("김민지"))
    #expect(try await verifier.verify(issuer.token("op", scope: "a handover:operator b")).isOperator)
  }
}
