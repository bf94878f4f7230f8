import Logging
import Testbed
import Testing

@testable import Identity

extension IdentityOptions {
  /// The options for an issuer whose keys are in its file, or at a URL.
  init(_ issuer: TestIssuer, url: String? = nil) {
    self.init(
      keys: url.map { .url($0) } ?? .file(issuer.jwksFile), issuer: issuer.name, audience: issuer.audience)
  }
}

extension TokenVerifier {
  convenience init(
    _ issuer: TestIssuer, url: String? = nil, log: any LogHandler = SwiftLogNoOpLogHandler(),
    change: (inout IdentityOptions) -> Void = { _ in }
  ) {
    var options = IdentityOptions(issuer, url: url)
    options.fetchTimeout = Patience.limit
    change(&options)
    self.init(options, logger: Logger(label: "identity") { _ in log })
  }

  /// Why no token can be verified; nil if one can.
  var downReason: String? { if case .down(let reason) = trouble { reason } else { nil } }

  /// Why the keys may be out of date, if they may.
  var partialReason: String? { if case .partial(let reason) = trouble { reason } else { nil } }

  /// Why a token is refused; nil if it is not.
  func refusal(of token: String) async -> TokenRefusal? {
    do throws(TokenRefusal) {
      _ = try await verify(token)
      return nil
    } catch {
      return error
    }
  }

  /// Expects that a token is refused as invalid, for a reason that contains `words`, if any, and fits a header.
  func expectInvalid(
    _ token: String, _ words: String? = nil, _ comment: Comment? = nil,
    at place: SourceLocation = #_sourceLocation
  ) async {
    guard let refusal = await refusal(of: token) else {
      Issue.record("\(comment ?? "") was accepted", sourceLocation: place)
      return
    }
    #expect(refusal.kind == .invalid, comment, sourceLocation: place)
    if let words { #expect(refusal.reason.contains(words), comment, sourceLocation: place) }
    let fits = refusal.reason.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    #expect(fits, "\(refusal.reason)", sourceLocation: place)
  }

  /// Waits until the verifier answers a token as described.
  func wait(
    for token: String, at place: SourceLocation = #_sourceLocation,
    until isMet: (TokenRefusal?) -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + Patience.limit
    while !isMet(await refusal(of: token)) {
      try #require(.now < deadline, sourceLocation: place)
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
