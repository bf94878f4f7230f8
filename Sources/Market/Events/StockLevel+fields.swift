extension StockLevel {
  init(fields: Fields) throws(FieldError) {
    try self.init(
      id: fields.read(.id), productid: fields.read(.productid), productname: fields.read(.productname),
      qty: fields.read(.units("qty")), held: fields.find(.units("held")) ?? 0)
  }

  func write(to fields: inout Fields) {
    fields.write("id", id)
    fields.write("productid", productid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    fields.write("held", held)
  }

  /// Reads the level that stands beside a deal, under names that the deal does not use.
  init(besideDeal fields: Fields) throws(FieldError) {
    try self.init(
      id: fields.read(.count("stockid")), productid: fields.read(.productid),
      productname: fields.find(.stockname) ?? "", qty: fields.read(.units("onhand")),
      held: fields.read(.units("onhold")))
  }

  func write(besideDeal fields: inout Fields) {
    fields.write("stockid", id)
    fields.write("stockname", productname)
    fields.write("onhand", qty)
    fields.write("onhold", held)
  }
}
