extension Deal {
  /// Reads a deal as a worker tells it.
  ///
  /// To the reservation worker the reservation's id is the `id`, and the terms belong to it.
  init(fields: Fields, of worker: DecidingWorker = .trade) throws(FieldError) {
    try self.init(
      reserveid: fields.read(.key(Self.idName(for: worker))), productid: fields.read(.productid),
      userid: fields.read(.userid),
      productname: fields.read(.productname), qty: fields.read(.qty),
      terms: worker == .reservation ? Terms(fields: fields) : nil, tradeid: fields.find(.tradeid),
      seller: fields.find(.seller), refusal: fields.find(.code("reason")),
      held: fields.find(.units("held")) ?? 0, delete: fields.find(.flag("delete")) ?? false)
  }

  func write(to fields: inout Fields, of worker: DecidingWorker = .trade) {
    fields.write(Self.idName(for: worker), reserveid)
    fields.write("productid", productid)
    fields.write("userid", userid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    if worker == .reservation { terms?.write(to: &fields) }
    fields.write("tradeid", tradeid)
    fields.write("seller", seller)
    fields.write("reason", refusal?.rawValue)
    fields.write("message", refusal?.message)
    fields.write("held", held == 0 ? nil : held)
    fields.write("delete", delete)
  }

  private static func idName(for worker: DecidingWorker) -> String {
    worker == .reservation ? "id" : "reserveid"
  }
}
