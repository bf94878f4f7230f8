import Logging
import Testbed

@testable import Identity

extension IdentityOptions {
  /// The options for an issuer's file, or another source of keys.
  init(_ issuer: TestIssuer, keys: KeySource? = nil) {
    self.init(keys: keys ?? .file(issuer.jwksFile), issuer: issuer.name, audience: issuer.audience)
  }
}

extension TokenVerifier {
  convenience init(_ issuer: TestIssuer, change: (inout IdentityOptions) -> Void = { _ in }) {
    var options = IdentityOptions(issuer)
    change(&options)
    self.init(options, logger: Logger(label: "identity") { _ in SwiftLogNoOpLogHandler() })
  }
}
