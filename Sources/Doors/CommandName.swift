import Keys
import Market

/// The ids of commands. Each door has its own namespace, so nobody can use an id that another door assigns.
package enum CommandName {
  /// Returns an id for a call without a key: `h-<random>`.
  package static func made() -> String { "h-\(random)\(random)" }

  /// Returns the id of a call with an `Idempotency-Key`: `key:<the key>`.
  package static func key(_ key: String) -> String { "key:\(key)" }

  /// Returns the id of an inlet's entry: `trade.commands/1712-3`, or `trade.commands:<its commandid>` if it
  /// has one.
  package static func entry(_ fields: Fields, id: String, inlet: String) throws(FieldError) -> String {
    if let name = try Caller.name(givenIn: fields) { return "\(inlet):\(name)" }
    return "\(inlet)/\(id)"
  }

  /// Returns the id of a command that an operator replays under another name, `operator:<the name>`; nil if
  /// the corrections contain no name.
  package static func replay(_ corrections: Fields) throws(FieldError) -> String? {
    try Caller.name(givenIn: corrections).map { "operator:\($0)" }
  }

  private static var random: String { String(UInt64.random(in: 0...UInt64.max), radix: 36) }
}
