/// What a person saw of a thing before changing it; nil for what the request does not say.
///
/// A change from a page that is out of date is refused: it would bring back old values. `version` covers what people
/// change; deals move `held` and `sold` without it, so these are compared by themselves. A status is not compared,
/// because it moves by itself.
public struct Seen: Hashable, Sendable {
  public var version: Int?
  public var held: Int?
  public var sold: Int?

  public init(version: Int? = nil, held: Int? = nil, sold: Int? = nil) {
    self.version = version
    self.held = held
    self.sold = sold
  }

  /// The fields' names on the wire.
  public static let names = ["version", "held", "sold"]

  /// Whether nothing of it has changed.
  func isTrue(version: Int, held: Int? = nil, sold: Int? = nil) -> Bool {
    func agrees(_ seen: Int?, _ now: Int?) -> Bool { seen == nil || now == nil || seen == now }
    return agrees(self.version, version) && agrees(self.held, held) && agrees(self.sold, sold)
  }
}

extension Seen {
  /// Reads what the fields say of it. Throws for a number that is none.
  public init(fields: Fields) throws(FieldError) {
    try self.init(
      version: fields.find(.count("version")), held: fields.find(.units("held")),
      sold: fields.find(.units("sold")))
  }

  func write(to fields: inout Fields) {
    fields.write("version", version)
    fields.write("held", held)
    fields.write("sold", sold)
  }
}
