/// Who sent a command, and who waits for its outcome.
///
/// `commandid` names the command for good, and the door that it came through; `replyto` is the ingress that waits for
/// its outcome, if any; `digest` tells it from any other command that comes under its name; `actor` is the verified
/// user behind it, or nil for a trusted sender.
public struct Caller: Hashable, Sendable {
  public var commandid: String
  public var replyto: String?
  public var digest: CommandDigest?
  public var actor: ActingUser?

  public init(
    commandid: String, replyto: String? = nil, digest: CommandDigest? = nil, actor: ActingUser? = nil
  ) {
    self.commandid = commandid
    self.replyto = replyto
    self.digest = digest
    self.actor = actor
  }

  /// Reads what a worker wrote; nil if it names no command.
  public init?(fields: Fields) throws(FieldError) {
    guard let commandid = try fields.find(.key("commandid") as TextField) else { return nil }
    try self.init(
      commandid: commandid, replyto: fields.find(.key("replyto") as TextField),
      digest: fields.find(.digest(CommandDigest.field)), actor: ActingUser(fields: fields))
  }

  /// Reads a command on its way to a worker; nil if it has no id.
  public init?(command fields: Fields, kind: CommandKind) throws(FieldError) {
    guard let commandid = try Self.name(in: fields) else { return nil }
    try self.init(
      commandid: commandid, replyto: fields.find(.key("replyto") as TextField),
      digest: fields.find(.digest(CommandDigest.field)) ?? CommandDigest(fields, kind),
      actor: ActingUser(fields: fields))
  }

  /// The name of a command on its way to a worker.
  public static func name(in fields: Fields) throws(FieldError) -> String? {
    try fields.find(NameField(name: "commandid", length: 1...300))
  }

  /// The name that a person gives a command; a door makes the command's own name of it.
  public static func name(givenIn fields: Fields) throws(FieldError) -> String? {
    try fields.find(NameField(name: "commandid", length: 1...200))
  }
}

extension Caller? {
  /// Whether this sender may do what only `owner` may; nobody but operators and trusted senders if nil.
  func mayAct(for owner: String?) -> Bool {
    guard let actor = self?.actor else { return true }
    return owner.map(actor.mayAct(for:)) ?? actor.isOperator
  }
}
