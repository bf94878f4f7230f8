/// Units of a product come into the stock for the first time; `id` is the inventory's.
package struct RegisterStock: CommandPayload {
  package static let kind = CommandKind.registerStock

  package var id: Int
  package var productid: Int
  package var productname: String
  package var qty: Int
}

extension RegisterStock {
  package init(id: Int, productid: Int, fields: Fields) throws(FieldError) {
    try self.init(
      id: id, productid: productid, productname: fields.read(.productname), qty: fields.read(.qty))
  }

  package var details: Fields { ["productname": productname, "qty": String(qty)] }
}
