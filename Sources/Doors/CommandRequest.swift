import Market

/// A command at a door: validated, but not yet routed.
package struct CommandRequest: Sendable {
  package let draft: Draft
  /// Makes the command idempotent: it takes effect once, however often it is admitted.
  package let commandid: String
  /// The ingress that waits for the outcome.
  package let replyto: String?
  /// The verified user behind it; nil for a trusted sender.
  package let actor: ActingUser?
  /// How many reservations its user may have for it to be admitted without further ado; nil for any number.
  let ceiling: Int?
  /// The id reserved for what the draft creates, if the sender did not choose one.
  let reserved: Int?
  /// Distinguishes this command from any other with the same id.
  package let digest: CommandDigest
  /// Whether the digest can be derived from the admitted fields.
  let isSaid: Bool
  /// Whether somebody can ask for the outcome as soon as the command is admitted.
  let isFollowed: Bool

  /// - Parameter digest: The digest of what was asked for, if that is more than the draft.
  package init(
    draft: Draft, commandid: String, replyto: String? = nil, actor: ActingUser? = nil,
    ceiling: Int? = nil, reserved: Int? = nil,
    digest: CommandDigest? = nil, isFollowed: Bool = false
  ) {
    self.draft = draft
    self.commandid = commandid
    self.replyto = replyto
    self.actor = actor
    self.ceiling = ceiling
    self.reserved = reserved
    self.digest = digest ?? draft.digest
    isSaid = digest == nil && (!draft.kind.creates || draft.id != nil)
    self.isFollowed = isFollowed
  }
}
