import Crypto
import Keys
import Market

/// The ids of commands. Each door has its own namespace, so nobody can use an id that another door assigns.
///
/// Of the ingress, each verified user has a namespace too: nobody can use or follow the command of another.
package enum CommandName {
  /// A way in.
  package enum Way: String, Sendable {
    case http, inlet, `operator`
  }

  /// Returns an id for a call without a key: `h-<random>`, `h-<user>-<random>`.
  package static func made(for actor: ActingUser? = nil) -> String {
    "\(madePrefix)\(actor.map { "\(mark(of: $0))-" } ?? "")\(random)\(random)"
  }

  /// Returns the id of a call with an `Idempotency-Key`: `key:<the key>`.
  package static func key(_ key: String) -> String { "\(keyPrefix)\(key)" }

  /// Returns an `Idempotency-Key` as a key that only this user can have: `<user>/<the key>`.
  package static func scoped(_ key: String, for actor: ActingUser?) -> String {
    actor.map { "\(mark(of: $0))/\(key)" } ?? key
  }

  /// Whether a command is this user's own.
  package static func isOwn(_ commandid: String, of actor: ActingUser) -> Bool {
    let mark = mark(of: actor)
    return commandid.hasPrefix("\(madePrefix)\(mark)-") || commandid.hasPrefix("\(keyPrefix)\(mark)/")
  }

  /// Returns the door that a command came through; nil if its id is older than that rule.
  package static func way(of commandid: String) -> Way? {
    if commandid.hasPrefix(madePrefix) || commandid.hasPrefix(keyPrefix) { return .http }
    if commandid.hasPrefix(replayPrefix) { return .operator }
    let inlet = commandid.prefix { $0 != "/" && $0 != ":" }
    return DecidingWorker.allCases.contains { Key.inlet($0) == inlet } ? .inlet : nil
  }

  /// Returns the id of an inlet's entry: `trade.commands/1712-3`, or `trade.commands:<its commandid>` if it
  /// has one.
  package static func entry(_ fields: Fields, id: String, inlet: String) throws(FieldError) -> String {
    if let name = try Caller.name(givenIn: fields) { return "\(inlet):\(name)" }
    return "\(inlet)/\(id)"
  }

  /// Returns the id of a command that an operator replays under another name, `operator:<the name>`; nil if
  /// the corrections contain no name.
  package static func replay(_ corrections: Fields) throws(FieldError) -> String? {
    try Caller.name(givenIn: corrections).map { "\(replayPrefix)\($0)" }
  }

  private static let madePrefix = "h-"
  private static let keyPrefix = "key:"
  private static let replayPrefix = "operator:"

  /// Half of a SHA-256, as userids can be longer than command ids: 32 hexadecimal digits.
  private static func mark(of actor: ActingUser) -> String {
    SHA256.hash(data: Array(actor.userid.utf8)).prefix(16)
      .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private static var random: String { String(UInt64.random(in: 0...UInt64.max), radix: 36) }
}
