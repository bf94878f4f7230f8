/// For how much, when and where: the reservation's own affair, which only its own events tell.
public struct Terms: Hashable, Sendable {
  /// In won; nil for the listing's, which counts when the deal starts.
  public var price: Int?
  public var reserveDt: String
  public var address: String
  /// Counts the changes of date and address.
  public var version: Int

  public init(price: Int?, reserveDt: String, address: String, version: Int = 1) {
    self.price = price
    self.reserveDt = reserveDt
    self.address = address
    self.version = version
  }
}

extension Terms {
  init(fields: Fields) throws(FieldError) {
    try self.init(
      price: fields.find(.price), reserveDt: fields.read(.reserveDt), address: fields.find(.address) ?? "",
      version: fields.find(.version) ?? 1)
  }

  func write(to fields: inout Fields) {
    fields.write("reserveDt", reserveDt)
    fields.write("address", address)
    fields.write("price", price)
    fields.write(version: version)
  }
}
