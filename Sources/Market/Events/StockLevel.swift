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

extension StockLevel {
  init(fields: Fields) throws(FieldError) {
    try self.init(
      id: fields.read(.id), productid: fields.read(.productid), productname: fields.read(.productname),
      qty: fields.read(.units("qty")), held: fields.find(.units("held")) ?? 0,
      version: fields.find(.version) ?? 1)
  }

  func write(to fields: inout Fields) {
    fields.write("id", id)
    fields.write("productid", productid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    fields.write("held", held)
    fields.write(version: version)
  }

  /// Reads the level that is written beside a deal, under names that the deal does not use.
  init(besideDeal fields: Fields) throws(FieldError) {
    let id = try fields.read(.count("stockid"))
    var name = ""
    if id != 0 {
      name = try fields.read(.productname)
      if let own = try fields.find(.stockname) { name = own }
    }
    try self.init(
      id: id, productid: fields.read(.productid), productname: name, qty: fields.read(.units("onhand")),
      held: fields.read(.units("onhold")), version: fields.find(.key("stockversion")) ?? 1)
  }

  /// The product's name only if the deal knows it by another one.
  func write(beside deal: Deal, to fields: inout Fields) {
    fields.write("stockid", id)
    if isRegistered, productname != deal.productname { fields.write("stockname", productname) }
    fields.write("onhand", qty)
    fields.write("onhold", held)
    fields.write(version: version, as: "stockversion")
  }
}
