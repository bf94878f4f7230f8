/// Registers units of a product for the first time; `id` is the inventory's.
public struct RegisterStock: CommandPayload {
  public static let kind = CommandKind.registerStock

  public var id: Int
  public var productid: Int
  public var productname: String
  public var qty: Int
}

extension RegisterStock {
  public init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, productname: fields.read(.productname), qty: fields.read(.qty))
  }

  public var details: Fields { ["productname": productname, "qty": String(qty)] }
}
