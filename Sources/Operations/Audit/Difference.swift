/// A violation of one of the audit's rules.
package struct Difference: Hashable, Sendable, Codable {
  /// The violated rule.
  package enum Code: String, CaseIterable, Sendable, Codable {
    /// A command has no outcome, or more than one.
    case command
    /// The answer for a repeated command is not what happened.
    case operation
    /// An event cannot follow from the events before it.
    case history
    /// A stored state differs from what its events make.
    case state
    /// A reservation was served before an earlier one.
    case order
    /// Numbers or statuses that must agree do not.
    case numbers
    /// What the clock of a shard has is not what its states imply.
    case timer
    case notice
    case status
    case mypage
    case index
    case directory
    /// What remains of things that have left for the archive is not complete, or remains of nothing.
    case archive
    /// Unread entries, or the history of read ones, are gone.
    case lost
    /// A stored value is not one that a worker writes.
    case unreadable
  }

  package var code: Code
  package var key: String
  /// One sentence: the subject, what was found, and what was expected.
  package var message: String
}
