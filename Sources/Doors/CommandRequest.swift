import Market

/// A person's command at a door: validated, but not yet routed.
package struct CommandRequest: Sendable {
  package let draft: Draft
  /// Makes the command's effect happen once, however often it is let in.
  package let commandid: String
  /// The ingress that waits for the outcome.
  package let replyto: String?
  /// The id that is meant for what the draft makes, where the sender leaves that to the door.
  let reserved: Int?
  /// Tells this command from any other under its id.
  package let digest: CommandDigest
  /// Whether what is let in tells the digest by itself.
  let isSaid: Bool
  /// Whether somebody may ask what became of it as soon as it is let in.
  let isFollowed: Bool

  /// - Parameter digest: what was asked for, if that is more than the draft.
  package init(
    draft: Draft, commandid: String, replyto: String? = nil, reserved: Int? = nil,
    digest: CommandDigest? = nil, isFollowed: Bool = false
  ) {
    self.draft = draft
    self.commandid = commandid
    self.replyto = replyto
    self.reserved = reserved
    self.digest = digest ?? draft.digest
    isSaid = digest == nil && (!draft.kind.creates || draft.id != nil)
    self.isFollowed = isFollowed
  }
}
