/// What is stored under a command id: which command it stands for, and its outcome.
public struct CommandRecord: Equatable, Sendable {
  /// What is stored from the door until the command is decided.
  public static let waiting = "waiting"

  /// How long an outcome is kept to answer repeated commands, in milliseconds: a day.
  public static let lifetime = 86_400_000

  /// Which command it is; nil in a record that an older release wrote.
  public var digest: CommandDigest?
  /// The packed outcome; empty while the command was only passed on.
  public var outcome: String

  /// The outcome; nil while the command was only passed on, and if the text cannot be read.
  public var result: Outcome? { Outcome(packed: outcome) }

  public init(_ digest: CommandDigest?, outcome: String) {
    self.digest = digest
    self.outcome = outcome
  }

  /// Nil while the command waits to be decided.
  public init?(stored text: String) {
    if text == Self.waiting { return nil }
    let head = text.utf8.prefix { $0 != UInt8(ascii: " ") }
    if head.endIndex < text.endIndex, let digest = CommandDigest(String(Substring(head))) {
      self.init(digest, outcome: String(text[text.utf8.index(after: head.endIndex)...]))
    } else {
      self.init(nil, outcome: text)
    }
  }

  public var stored: String { digest.map { "\($0.text) \(outcome)" } ?? outcome }

  /// Whether it belongs to this command, rather than to another one under the same id.
  public func isOf(_ digest: CommandDigest?) -> Bool {
    guard let own = self.digest, let digest else { return true }
    return own == digest
  }
}
