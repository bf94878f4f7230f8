/// A command as a person sends it: valid, but its `id` or `productid` can still be missing.
///
/// A command that makes something must name its product and can leave the id to the door. Any other command must name
/// an id and can leave the product to the door.
public struct Draft: Sendable {
  public let kind: CommandKind
  public let id: Int?
  public let productid: Int?
  /// The other fields in canonical form, without `type`, `id` and `productid`.
  public let fields: Fields

  /// Reads a request to `worker`. Unknown fields and `status` are ignored.
  public init(fields: Fields, worker: DecidingWorker) throws(FieldError) {
    kind = try CommandKind(fields: fields)
    guard kind.worker == worker else {
      let expected = "a command of \(worker.commands) (\(kind.rawValue) goes to \(kind.worker.commands))"
      throw FieldError("type", .notAllowed, expected: expected, came: kind.rawValue)
    }
    id = kind.creates ? try fields.find(.id) : try fields.read(.id)
    productid = kind.creates ? try fields.read(.productid) : try fields.find(.productid)
    // No other field's rule depends on these two, so 0 stands in for one that is still unknown.
    self.fields = try Command(kind, id: id ?? 0, productid: productid ?? 0, fields: fields).payload.details
    try self.fields.checkTexts()
    guard self.fields["userid"] != Forgotten.user else {
      throw FieldError(
        "userid", .notAllowed, expected: "the id of a user, not what stands for forgotten ones",
        came: Forgotten.user)
    }
  }

  /// A request in its sender's own words, not validated: it tells copies of the request from other requests.
  public init(_ kind: CommandKind, id: Int, words: Fields) {
    self.kind = kind
    self.id = id
    productid = nil
    fields = words
  }

  /// The full wire form, which `Command` reads.
  public func fields(id: Int, productid: Int) -> Fields {
    var full: Fields = ["type": kind.rawValue, "id": String(id), "productid": String(productid)]
    full.pairs += fields.pairs
    return full
  }
}
