/// The verified user on whose behalf a command was sent.
///
/// Without one, the sender is trusted: whoever can write to an inlet has been let in by Redis itself, and where
/// authentication is off, anybody may do anything.
public struct ActingUser: Hashable, Sendable {
  public var userid: String
  /// Whether this user may act for everybody.
  public var isOperator: Bool

  public init(_ userid: String, isOperator: Bool = false) {
    self.userid = userid
    self.isOperator = isOperator
  }

  /// Whether the user may do what only `owner` may.
  public func mayAct(for owner: String) -> Bool { isOperator || userid.utf8.elementsEqual(owner.utf8) }
}

extension ActingUser {
  /// Whether commands can name a user by this text just as it is.
  public static func isUserid(_ text: String) -> Bool {
    guard !text.steers, text != Forgotten.user, let read = try? Fields([("userid", text)]).find(.userid)
    else { return false }
    return read.utf8.elementsEqual(text.utf8)
  }

  /// The fields' names on the wire.
  static let names = ["actor", "operator"]

  /// Reads who acts; nil if the fields name nobody.
  public init?(fields: Fields) throws(FieldError) {
    guard let userid = try fields.find(.person("actor")) else { return nil }
    try self.init(userid, isOperator: fields.find(.flag("operator")) ?? false)
  }

  /// Who acts, as a door adds it to a command.
  public var fields: Fields {
    var fields = Fields()
    write(to: &fields)
    return fields
  }

  func write(to fields: inout Fields) {
    fields.write("actor", userid)
    fields.write("operator", isOperator)
  }
}
