extension Deal {
  /// Reads a deal whose reservation's id is called `idName`.
  init(fields: Fields, idName: String = "reserveid") throws(FieldError) {
    try self.init(
      reserveid: fields.read(.key(idName)), productid: fields.read(.productid), userid: fields.read(.userid),
      productname: fields.read(.productname), qty: fields.read(.qty), price: fields.read(.price),
      reserveDt: fields.read(.reserveDt), address: fields.find(.address) ?? "",
      tradeid: fields.find(.tradeid), seller: fields.find(.seller), refusal: fields.find(.code("reason")),
      held: fields.find(.units("held")) ?? 0, delete: fields.find(.flag("delete")) ?? false)
  }

  func write(to fields: inout Fields, idName: String = "reserveid") {
    fields.write(idName, reserveid)
    fields.write("productid", productid)
    fields.write("userid", userid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    fields.write("reserveDt", reserveDt)
    fields.write("address", address)
    fields.write("price", price)
    fields.write("tradeid", tradeid)
    fields.write("seller", seller)
    fields.write("reason", refusal?.rawValue)
    fields.write("message", refusal?.message)
    fields.write("held", held == 0 ? nil : held)
    fields.write("delete", delete)
  }
}
