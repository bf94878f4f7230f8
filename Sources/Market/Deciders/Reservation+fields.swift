extension Reservation: Stored {
  /// The reservation as people read it.
  public var view: Fields {
    [
      "id": String(deal.reserveid), "productid": String(deal.productid), "userid": deal.userid,
      "productname": deal.productname, "qty": String(deal.qty), "reserveDt": deal.reserveDt,
      "address": deal.address, "price": String(deal.price), "status": status.rawValue,
    ]
  }

  public var fields: Fields {
    var fields = Fields()
    fields.pairs.reserveCapacity(15)
    deal.write(to: &fields, idName: "id")
    fields.write("status", status.rawValue)
    if cancelRequested { fields.write("deal", standing.rawValue) }
    fields.write("cancelcommandid", canceler?.commandid)
    fields.write("cancelreplyto", canceler?.replyto)
    fields.write("deleted", isDeleted)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    let status: Status = try fields.read(.code("status"))
    let underneath: Status? = try fields.find(.code("deal"))
    self.init(try Deal(fields: fields, idName: "id"), standing: underneath ?? status)
    cancelRequested = status == .cancelRequested
    if let commandid = try fields.find(.key("cancelcommandid") as TextField) {
      canceler = Caller(commandid: commandid, replyto: try fields.find(.key("cancelreplyto") as TextField))
    }
  }
}
