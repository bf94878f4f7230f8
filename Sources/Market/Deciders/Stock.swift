/// A product's stock: how much there is, and what happened to it last.
public struct Stock: Hashable, Sendable {
  public var level: StockLevel
  public var status: Status

  public init(_ level: StockLevel, status: Status) {
    self.level = level
    self.status = status
  }
}

extension Stock: Stored {
  /// The stock as it is shown and stored.
  public var fields: Fields {
    var fields = Fields()
    level.write(to: &fields)
    fields.write("status", status.rawValue)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    try self.init(StockLevel(fields: fields), status: fields.read(.code("status")))
  }
}
