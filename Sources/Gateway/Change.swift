import Hummingbird
import Market

/// A PUT or PATCH of an item, compared with what there is.
struct Change {
  /// What was asked for and what of it is new; nil where nothing changes.
  let drafts: (asked: Draft, new: Draft)?
  /// What was asked for, though it may be so already; nil where nothing was.
  let asked: Draft?

  /// - Parameters:
  ///   - sent: the fields of the body; those the item does not have are ignored.
  ///   - present: the item as it is.
  ///   - isWhole: whether the body stands for the whole item (PUT), which repeats the status without meaning it.
  init(_ entity: Entity, id: Int, sent: Fields, present: Fields, isWhole: Bool) throws {
    let rule = Rule.of(entity)
    let shape = Shape.of(entity)
    for name in rule.fixed {
      guard let text = sent[name]?.trimmed, !text.isEmpty, let value = present[name] else { continue }
      let isSame = shape.isNumber(name) == true ? Int(text) == Int(value) : text == value
      guard isSame else {
        throw Problem(
          .unprocessableContent, "fixedField", "\(name) cannot be changed; it is \(value).", field: name)
      }
    }
    if !isWhole, let status = sent["status"]?.filter({ $0 != " " }), !status.isEmpty,
      status != present["status"]
    {
      throw Problem(
        .unprocessableContent, "statusFollows", "status follows from what happens: \(rule.hint(id)).",
        field: "status")
    }
    let named = sent.pairs.filter { rule.changeable.contains($0.name) }
    guard named.contains(where: { !$0.value.trimmed.isEmpty || $0.name == "address" }) else {
      (drafts, asked) = (nil, nil)
      return
    }
    func draft(_ pairs: [(name: String, value: String)]) throws(FieldError) -> Draft {
      let head: Fields = ["type": rule.kind.rawValue, "id": String(id)]
      return try Draft(fields: Fields(head.pairs + pairs), worker: rule.kind.worker)
    }
    let whole = try draft(named)
    asked = whole
    // Only what differs: a field that is merely repeated must not undo somebody else's change to it.
    let new = whole.fields.pairs.filter { (present[$0.name] ?? "") != $0.value }
    drafts = new.isEmpty ? nil : (whole, try draft(new))
  }

  private struct Rule {
    let kind: CommandKind
    let changeable: Set<String>
    let fixed: [String]
    /// Which calls change the status.
    let hint: (Int) -> String

    static func of(_ entity: Entity) -> Rule {
      switch entity {
      case .reserve:
        Rule(
          kind: .changeReserve, changeable: ["reserveDt", "address"],
          fixed: ["id", "productid", "userid", "productname", "qty", "price"],
          hint: { "PUT /reserves/\($0)/reservecancel cancels" })
      case .trade:
        Rule(
          kind: .changeTrade, changeable: ["productname", "qty", "price"],
          fixed: ["id", "productid", "userid"],
          hint: { "POST /trades/\($0)/handover completes a deal, DELETE /trades/\($0) ends the sale" })
      case .inventory:
        Rule(
          kind: .adjustStock, changeable: ["productname", "qty"], fixed: ["id", "productid"],
          hint: { "PATCH /inventories/\($0) with qty adjusts the stock, DELETE /inventories/\($0) ends it" })
      }
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
