import Keys
import Market

/// The ids of commands. Each door has a name space of its own, so nobody can take an id that another door gives.
package enum CommandName {
  /// Of a call without a key: `h-<random>`.
  package static func made() -> String { "h-\(random)\(random)" }

  /// Of a call with an `Idempotency-Key`: `key:<the key>`.
  package static func key(_ key: String) -> String { "key:\(key)" }

  /// Of an inlet's entry: `trade.commands/1712-3`, or `trade.commands:<its commandid>` where it has one.
  package static func entry(_ fields: Fields, id: String, inlet: String) throws(FieldError) -> String {
    if let name = try Caller.name(givenIn: fields) { return "\(inlet):\(name)" }
    return "\(inlet)/\(id)"
  }

  /// Of what an operator sends again under another name: `operator:<the name>`.
  package static func replay(_ corrections: Fields) throws(FieldError) -> String? {
    try Caller.name(givenIn: corrections).map { "operator:\($0)" }
  }

  private static var random: String { String(UInt64.random(in: 0...UInt64.max), radix: 36) }
}
