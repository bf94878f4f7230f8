import ArgumentParser
import HTTPIngress
import Identity
import Logging

/// The settings of the HTTP ingress about who calls, and what users may do.
package struct IdentitySettings: ParsableArguments, Sendable {
  private static let usual = IdentityOptions(keys: .file(""), issuer: "", audience: "")
  private static let usualWaiting = 20

  private enum Authentication: String {
    case off, required
  }

  @Option(
    help: ArgumentHelp(
      "Whether callers need a token: off (anybody may do anything) or required.",
      discussion: "HANDOVER_AUTH; off if neither is given.", valueName: "mode"))
  package var auth: String?

  @Option(
    help: ArgumentHelp(
      "The key set of the tokens' issuer (JWKS): a file, or an https URL.",
      discussion: "HANDOVER_JWKS; needed if authentication is required.", valueName: "source"))
  package var jwks: String?

  @Option(
    name: .customLong("jwt-issuer"),
    help: ArgumentHelp(
      "The issuer of the tokens, their iss.",
      discussion: "HANDOVER_JWT_ISSUER; needed if authentication is required.", valueName: "issuer"))
  package var issuer: String?

  @Option(
    name: .customLong("jwt-audience"),
    help: ArgumentHelp(
      "What the tokens must be meant for, in their aud.",
      discussion: "HANDOVER_JWT_AUDIENCE; needed if authentication is required.", valueName: "audience"))
  package var audience: String?

  @Option(
    name: .customLong("jwt-user-claim"),
    help: ArgumentHelp(
      "The claim with the user's id.",
      discussion: "HANDOVER_JWT_USER_CLAIM; \(usual.userClaim) if neither is given.", valueName: "claim"))
  package var userClaim: String?

  @Option(
    name: .customLong("operator-scope"),
    help: ArgumentHelp(
      "The scope of tokens that may do and see everything.",
      discussion: "HANDOVER_OPERATOR_SCOPE; \(usual.operatorScope) if neither is given.", valueName: "scope"))
  package var operatorScope: String?

  @Option(
    name: .customLong("waiting-per-user"),
    help: ArgumentHelp(
      "How many reservations of a user can wait, if authentication is required; 0 for any number.",
      discussion: "HANDOVER_WAITING_PER_USER; \(usualWaiting) if neither is given.", valueName: "count"))
  package var waitingPerUser: Int?

  @Option(
    name: .customLong("waiting-per-product"),
    help: ArgumentHelp(
      "How many of them can wait for one product: 1, or 0 for any number.",
      discussion: "HANDOVER_WAITING_PER_PRODUCT; 1 if neither is given.", valueName: "count"))
  package var waitingPerProduct: Int?

  package init() {}

  /// Writes the settings into the options of an ingress, and logs if anybody may do anything.
  func apply(to options: inout IngressOptions, logger: Logger) throws {
    let waiting =
      try Settings.number(
        waitingPerUser, "--waiting-per-user", or: "handover.waiting.per.user", in: 0...1_000)
      ?? Self.usualWaiting
    options.waitingLimit = waiting == 0 ? nil : waiting
    options.limitsLine =
      try Settings.number(
        waitingPerProduct, "--waiting-per-product", or: "handover.waiting.per.product", in: 0...1) != 0
    let mode = auth ?? Settings.text("handover.auth") ?? Authentication.off.rawValue
    switch Authentication(rawValue: mode) {
    case .off:
      logger.warning(
        "authentication is off: whoever reaches this port can do and read everything (HANDOVER_AUTH)")
    case .required:
      var identity = IdentityOptions(
        keys: try keys(), issuer: try needed(issuer, or: "handover.jwt.issuer"),
        audience: try needed(audience, or: "handover.jwt.audience"))
      identity.userClaim = userClaim ?? Settings.text("handover.jwt.user.claim") ?? identity.userClaim
      identity.operatorScope =
        operatorScope ?? Settings.text("handover.operator.scope") ?? identity.operatorScope
      options.identity = TokenVerifier(identity, logger: logger)
    case nil:
      throw ValidationError("HANDOVER_AUTH is “\(mode)”: it must be off or required.")
    }
  }

  /// Returns a setting that authentication cannot do without.
  private func needed(_ flag: String?, or key: String) throws -> String {
    guard let text = flag ?? Settings.text(key) else {
      throw ValidationError("HANDOVER_AUTH is required, so \(Settings.variable(key)) is needed too.")
    }
    return text
  }

  private func keys() throws -> IdentityOptions.KeySource {
    let text = try needed(jwks, or: "handover.jwks")
    do throws(IdentityOptions.KeySource.Refusal) {
      return try IdentityOptions.KeySource(text)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
