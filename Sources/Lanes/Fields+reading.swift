import Market
import Redis

extension Fields {
  /// Reads what is stored: the body of a stream entry, or a hash from `HGETALL`. Throws if a name or a value
  /// is not UTF-8.
  public init(reading reply: Reply) throws(FieldError) {
    self.init()
    pairs.reserveCapacity(reply.count / 2)
    var name: String?
    for part in reply {
      guard let text = part.string else {
        let field = name ?? "?"
        throw FieldError(
          field: field, reason: .notText,
          message: "The \(name == nil ? "name" : "value") of a field (\(field)) is not UTF-8 text.")
      }
      if let known = name {
        append(known, text)
        name = nil
      } else {
        name = text
      }
    }
  }
}
