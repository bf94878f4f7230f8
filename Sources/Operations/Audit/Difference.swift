/// One thing that is not as it must be.
package struct Difference: Hashable, Sendable, Codable {
  /// Which rule is broken.
  package enum Code: String, CaseIterable, Sendable, Codable {
    /// A command has no outcome, or more than one.
    case command
    /// What a repeated command would be answered is not what happened.
    case operation
    /// An event cannot follow from what came before it.
    case history
    /// A stored state is not what its events make.
    case state
    /// Somebody was served before one who came first.
    case order
    /// Numbers or standings that must agree do not.
    case numbers
    case notice
    case status
    case mypage
    case index
    case directory
    /// Entries are gone that were not read yet, or the history that was.
    case lost
    /// Something is stored that no worker wrote.
    case unreadable
  }

  package var code: Code
  package var key: String
  /// One sentence: what it is about, what is expected, what was found.
  package var message: String
}
