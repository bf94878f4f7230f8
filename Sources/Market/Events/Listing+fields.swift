extension Listing {
  /// The trade as people read it.
  public var fields: Fields {
    var fields = Fields()
    write(to: &fields)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    try self.init(
      id: fields.read(.id), productid: fields.read(.productid), userid: fields.read(.userid),
      productname: fields.read(.productname), qty: fields.read(.qty), price: fields.read(.price),
      held: fields.find(.units("held")) ?? 0, sold: fields.find(.units("sold")) ?? 0,
      withdrawn: fields.read(.code("status")) == Status.saleEnded,
      isDeleted: fields.find(.flag("deleted")) ?? false, version: fields.find(.version) ?? 1)
  }

  func write(to fields: inout Fields) {
    fields.write("id", id)
    fields.write("productid", productid)
    fields.write("userid", userid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    fields.write("price", price)
    fields.write("status", status.rawValue)
    fields.write("held", held)
    fields.write("sold", sold)
    fields.write("deleted", isDeleted)
    fields.write(version: version)
  }
}
