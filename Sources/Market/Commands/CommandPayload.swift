/// What every command has: a kind, the id it names, and the product that determines its shard.
public protocol CommandPayload: Hashable, Sendable {
  static var kind: CommandKind { get }

  var id: Int { get }
  var productid: Int { get }
  /// Its other fields in canonical form: numbers normalised, texts trimmed, nothing unknown.
  var details: Fields { get }

  /// Reads its other fields; unknown ones are ignored.
  init(id: Int, productid: Int, fields: Fields) throws(FieldError)
}
