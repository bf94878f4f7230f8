import Market

/// The answer to a command: an entry of the stream of replies to one ingress.
public struct CommandAnswer: Equatable, Sendable {
  public let commandid: String
  /// The packed outcome.
  public let outcome: String

  public init(_ outcome: String, of commandid: String) {
    self.commandid = commandid
    self.outcome = outcome
  }

  /// Nil if one of the two is missing.
  public init?(fields: Fields) {
    guard let commandid = fields["commandid"], let outcome = fields["outcome"] else { return nil }
    self.init(outcome, of: commandid)
  }

  public var fields: Fields { ["commandid": commandid, "outcome": outcome] }
}
