/// How much of a product there is: `qty` on hand, of which `held` are promised to deals.
public struct StockLevel: Hashable, Sendable {
  /// The inventory's id; 0 for a product that is not registered.
  public var id: Int
  public var productid: Int
  public var productname: String
  public var qty: Int
  public var held: Int
  /// Counts the changes of name and quantity, those by deals too.
  public var version: Int

  public init(id: Int, productid: Int, productname: String, qty: Int, held: Int = 0, version: Int = 1) {
    self.id = id
    self.productid = productid
    self.productname = productname
    self.qty = qty
    self.held = held
    self.version = version
  }

  /// The level of a product that is not registered.
  public static func unregistered(_ productid: Int) -> StockLevel {
    StockLevel(id: 0, productid: productid, productname: "", qty: 0)
  }

  public var free: Int { qty - held }
  public var isRegistered: Bool { id != 0 }
}
