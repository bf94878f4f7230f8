/// A product's stock: how much there is, and what happened to it last.
package struct Stock: Hashable, Sendable {
  package var level: StockLevel
  package var status: Status

  package init(_ level: StockLevel, status: Status) {
    self.level = level
    self.status = status
  }
}

extension Stock: Stored {
  /// The stock as people read it, and as it is kept.
  package var fields: Fields {
    var fields = Fields()
    level.write(to: &fields)
    fields.write("status", status.rawValue)
    return fields
  }

  package init(fields: Fields) throws(FieldError) {
    try self.init(StockLevel(fields: fields), status: fields.read(.code("status")))
  }
}
