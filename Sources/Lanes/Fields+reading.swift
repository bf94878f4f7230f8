import Market
import Redis

extension Fields {
  /// Creates fields from alternating names and values, as in stream entries and replies to `HGETALL`. Throws
  /// if one of them is not UTF-8.
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
