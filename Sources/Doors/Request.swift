import Market

/// A person's command at a door: validated, but not yet routed.
public struct Request: Sendable {
  public let draft: Draft
  /// Makes the command's effect happen once, however often it is let in.
  public let commandid: String
  /// The ingress that waits for the outcome.
  public let replyto: String?

  public init(draft: Draft, commandid: String, replyto: String? = nil) {
    self.draft = draft
    self.commandid = commandid
    self.replyto = replyto
  }
}
