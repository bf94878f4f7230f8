/// Everything the stock worker knows of one product.
public struct ProductStock: Hashable, Sendable {
  /// The stock; nil while none is registered.
  public internal(set) var stock: Stock?
  /// The seller of the product's last listing, who alone may change its stock; nil before the first one.
  public internal(set) var seller: String?

  public init(_ stock: Stock? = nil, seller: String? = nil) {
    self.stock = stock
    self.seller = seller
  }
}

extension ProductStock: Stored {
  /// The fields of the stock, and `seller`.
  public var fields: Fields {
    var fields = stock.fields
    fields.write("seller", seller)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    seller = try fields.find(.seller)
    stock = fields["id"] == nil && seller != nil ? nil : try Stock?(fields: fields)
  }
}

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
