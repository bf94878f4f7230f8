/// Everything the stock worker knows of one product.
public struct ProductStock: Hashable, Sendable {
  /// The stock; nil while none is registered.
  public internal(set) var stock: Stock?
  /// The seller of the product's last listing, who alone may change its stock; nil before the first one.
  public internal(set) var seller: String?
  /// Whether the listing has left for the archive, and this stock was not sold out: it follows once it is withdrawn.
  public internal(set) var isLeftOver: Bool

  public init(_ stock: Stock? = nil, seller: String? = nil, isLeftOver: Bool = false) {
    self.stock = stock
    self.seller = seller
    self.isLeftOver = isLeftOver
  }
}

extension ProductStock: Stored {
  /// The fields of the stock, `seller` and `leftover`.
  public var fields: Fields {
    var fields = stock.fields
    fields.write("seller", seller)
    fields.write("leftover", isLeftOver)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    seller = try fields.find(.seller)
    isLeftOver = try fields.find(.flag("leftover")) ?? false
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
