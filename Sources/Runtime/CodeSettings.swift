import ArgumentParser
import Market
import Redis

/// The secret from which the codes of handovers are made.
///
/// The trade worker and the ingress need the same one: one checks the codes that the other shows.
package struct CodeSettings: ParsableArguments, Sendable {
  private static let shortest = 16

  @Option(
    name: .customLong("code-secret-file"),
    help: ArgumentHelp(
      "A file with the secret of buyers' codes, of \(shortest) bytes or more.",
      discussion: """
        HANDOVER_CODE_SECRET_FILE, or the secret itself: HANDOVER_CODE_SECRET; no codes if none is given, or for dev, \
        codes of a random secret.
        """, valueName: "file"))
  package var file: String?

  package init() {}

  /// Returns what makes codes; nil if no secret is given. Throws if it cannot be read or is too short.
  package func codes() throws -> HandoverCodes? {
    do throws(RedisError) {
      guard let (name, secret) = try secret() else { return nil }
      guard secret.utf8.count >= Self.shortest else {
        throw RedisError(
          .untrusted,
          "\(name) has a secret of \(secret.utf8.count) bytes: it must have at least \(Self.shortest).")
      }
      return HandoverCodes(secret: secret.utf8)
    } catch {
      throw ValidationError(error.message)
    }
  }

  /// Returns the secret, and where it is from.
  private func secret() throws(RedisError) -> (name: String, text: String)? {
    var (text, path) = try Settings.either("handover.code.secret", "handover.code.secret.file")
    if let file { (text, path) = (nil, file) }
    guard let path else { return text.map { ("HANDOVER_CODE_SECRET", $0) } }
    return (path, try SmallFile.text(of: path, what: "the secret of codes (HANDOVER_CODE_SECRET_FILE)"))
  }
}
