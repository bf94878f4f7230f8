import Market

/// What can tell something about a person, and is hidden until somebody asks for it.
///
/// A list of what cannot: entries that nobody could handle have fields with any name.
package enum Personal {
  /// What stands in place of a hidden text.
  package static let mask = "•••"

  private static let plain: Set = [
    "type", "id", "productid", "productname", "qty", "price", "reserveDt", "status", "commandid", "command",
    "reserveid", "tradeid", "stockid", "stockname", "version", "stockversion", "onhand", "onhold", "reason",
    "position", "replyto", "digest", "held", "once", "delete", "deleted", "sold", "replays",
  ]
  private static let personal: Set = ["userid", "seller", "buyer", "address", "actor", "to", "message"]

  /// Whether a field of this name is never about a person.
  package static func isPlain(_ name: String) -> Bool { plain.contains(name) }

  /// Returns the fields with what can be personal hidden; also the names that nobody knows.
  package static func hide(_ fields: Fields) -> Fields {
    Fields(
      fields.map { name, value in
        isPlain(name) ? (name, value) : (personal.contains(name) ? name : mask, mask)
      })
  }

  /// Returns what is wrong with a field, without the quoted value unless that cannot be personal.
  package static func hide(quoteIn message: String, about field: String) -> String {
    if isPlain(field) { return message }
    guard let start = message.firstIndex(of: "\""), let end = message.lastIndex(of: "\""), start < end else {
      return message
    }
    return message[...start] + mask + message[end...]
  }

  /// Returns a difference that an audit found without values and users' names.
  package static func hide(_ difference: Difference) -> Difference {
    var hidden = difference
    hidden.key = difference.key.replacing(/^(notices|mypage):\{.*\}/) { "\($0.1):{\(mask)}" }
    hidden.message = difference.message.replacing(/“[^”]*”/, with: "“\(mask)”")
    return hidden
  }
}
