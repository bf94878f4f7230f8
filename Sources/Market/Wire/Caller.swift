/// Who waits for a command's outcome.
///
/// `commandid` names the command for good; `replyto` is where its outcome is wanted as well, if anywhere.
public struct Caller: Hashable, Sendable {
  public var commandid: String
  public var replyto: String?

  public init(commandid: String, replyto: String? = nil) {
    self.commandid = commandid
    self.replyto = replyto
  }

  /// Reads `commandid` and `replyto`; nil where no command is named.
  public init?(fields: Fields) throws(FieldError) {
    guard let commandid = try fields.find(.commandid) else { return nil }
    self.init(commandid: commandid, replyto: try fields.find(.replyto))
  }
}
