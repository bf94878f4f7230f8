import Market
import NIOHTTP1
import Testbed

/// A request to the market, whichever door it goes through.
struct Wish: Sendable {
  let kind: CommandKind
  /// The id that it names; nil leaves a new item's id to the door.
  let id: Int?
  let productid: Int
  /// The other fields, including `reserveid` of a handover and `delete` of a cancel.
  let fields: [String: String]
  /// A text in the fields that is unique to this wish; nil for a kind without texts.
  let mark: String?

  /// Identifies its commands if there is no idempotency key.
  var trace: String { mark ?? "\(kind.rawValue) \(id ?? 0)" }

  /// The call of the REST interface.
  var call: (method: HTTPMethod, path: String, body: [String: String]?) {
    let item = "/\(collection)/\(id ?? 0)"
    switch kind {
    case .reserve, .listTrade, .registerStock:
      var body = fields
      body["productid"] = "\(productid)"
      if let id { body["id"] = "\(id)" }
      return (.POST, "/\(collection)", body)
    case .cancelReserve:
      return fields["delete"] == nil ? (.PUT, "\(item)/reservecancel", nil) : (.DELETE, item, nil)
    case .handover: return (.POST, "\(item)/handover", fields)
    case .cancelDeal: return (.POST, "\(item)/cancel", fields)
    case .confirmReceipt: return (.POST, "\(item)/receipt", nil)
    case .changeReserve, .changeTrade, .adjustStock: return (.PATCH, item, fields)
    case .withdrawTrade, .withdrawStock: return (.DELETE, item, nil)
    }
  }

  /// The same request for the same item, with another text; nil for a kind without texts.
  var forged: Wish? {
    guard let mark, let name = fields.first(where: { $0.value == mark })?.key else { return nil }
    var fields = fields
    fields[name] = mark + " forged"
    return Wish(kind: kind, id: id, productid: productid, fields: fields, mark: fields[name])
  }

  /// The same with another field.
  func with(_ name: String, _ value: String) -> Wish {
    var fields = fields
    fields[name] = value
    return Wish(kind: kind, id: id, productid: productid, fields: fields, mark: mark)
  }

  private var collection: String {
    switch kind.entity {
    case .reserve: "reserves"
    case .trade: "trades"
    case .inventory: "inventories"
    }
  }

  /// Returns the names and values of the equivalent entry of an inlet.
  func entry(namingProduct: Bool, commandid: String?) -> [String] {
    var words = ["type", kind.rawValue]
    if let id { words += ["id", "\(id)"] }
    if namingProduct || kind.creates { words += ["productid", "\(productid)"] }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { words += [name, value] }
    if let commandid { words += ["commandid", commandid] }
    return words
  }
}
