import Hummingbird
import Market

/// A PUT or PATCH of an item, compared with the item's present state.
struct ItemChange {
  /// The command that makes the change; nil if there is nothing left to change.
  let command: Draft?
  /// The request as sent, by which a copy of it is recognized; independent of the item's present state.
  let asked: Draft

  /// - Parameters:
  ///   - sent: the fields of the body; those the item does not have are ignored.
  ///   - present: the item's present state.
  ///   - ifMatch: the `If-Match` header: entity tags, one of which the item must have.
  init(_ entity: Entity, id: Int, sent: Fields, present: Fields, ifMatch: String? = nil) throws {
    let rule = Rule.of(entity)
    let resource = Resource.of(entity)
    let head: Fields = ["type": rule.kind.rawValue, "id": String(id)]
    func sentFields(_ names: [String]) -> Fields {
      Fields(names.compactMap { name in sent[name].map { (name, $0.trimmed) } })
    }
    var words = sentFields(rule.changeable + resource.tagged + ["status"])
    if let ifMatch { words.append("if-match", ifMatch) }
    asked = Draft(rule.kind, id: id, words: words)

    for (name, text) in sentFields(rule.fixed) {
      // What a listing does not ask for is not stored.
      guard !text.isEmpty, let value = present[name] ?? (name == "confirm" ? Confirmation.none.rawValue : nil)
      else { continue }
      let isSame = resource.isNumber(name) == true ? Int(text) == Int(value) : text == value
      guard isSame else {
        throw Problem(
          .fixedField, "\(name) cannot be changed; it is \(value).", field: name,
          message: "\(name) 값은 바꿀 수 없습니다. 지금 값: \(value)")
      }
    }
    let named = sentFields(rule.changeable)
    var new: [(name: String, value: String)] = []
    if named.contains(where: { !$0.value.isEmpty || $0.name == "address" }) {
      let whole = try Draft(fields: Fields(head.pairs + named.pairs), worker: rule.kind.worker)
      // Only what differs: a field that is merely sent back must not undo somebody else's change to it.
      new = whole.fields.pairs.filter { (present[$0.name] ?? "") != $0.value }
    }
    let seen = resource.seen(sent, ifMatch: ifMatch, present: present)
    // Also where nothing is left to change, so that a malformed request never succeeds.
    _ = try Seen(fields: sentFields(resource.tagged))
    if let kind = try Self.wish(sent["status"], present, entity, rule, id) {
      guard new.isEmpty else {
        throw resource.isTrue(seen, of: present)
          ? Self.twoWishes(kind, new[0].name) : Problem.stale(present, sent: sent)
      }
      // The numbers that deals change do so together with the status, so the version is enough.
      let version = seen.pairs.filter { $0.name == "version" || ifMatch != nil }
      let head: Fields = ["type": kind.rawValue, "id": String(id)]
      command = try Draft(fields: Fields(head.pairs + version), worker: kind.worker)
    } else {
      command =
        new.isEmpty
        ? nil : try Draft(fields: Fields(head.pairs + new + seen.pairs), worker: rule.kind.worker)
    }
  }

  /// Returns the command that a sent status asks for, or nil if it asks for nothing.
  ///
  /// A page sends back the status it was loaded with, which can be outdated: a status that the item can have
  /// had before asks for nothing. But a final status never changes, so if the item does not have it, no page
  /// has shown it: the client asks for it. Throws a 422 for a status that this call cannot reach.
  private static func wish(
    _ sent: String?, _ present: Fields, _ entity: Entity, _ rule: Rule, _ id: Int
  ) throws(Problem) -> CommandKind? {
    guard let sent = sent?.filter({ $0 != " " }), !sent.isEmpty, sent != present["status"] else { return nil }
    let now = present["status"].flatMap { Status(rawValue: $0) }
    if let status = Status(rawValue: sent), status.isOf(entity) {
      switch status.span {
      case .passing where now?.span != .first: return nil
      case .first where now?.span != .first: return nil
      case .final:
        let kind = CommandKind.allCases.first { $0.entity == entity && $0.askedForBy == status }
        if let kind { return kind }
      case .first, .passing: break
      }
    }
    throw Problem(
      .statusFollows,
      "status cannot be \"\(sent.prefix(40))\": it follows from what happens. \(rule.hint(id)).",
      field: "status",
      message: "상태는 이렇게 바꿀 수 없습니다. \(rule.koreanHint)")
  }

  private static func twoWishes(_ kind: CommandKind, _ field: String) -> Problem {
    Problem(
      .oneAtATime,
      "This status asks for a \(kind.rawValue), and \(field) differs too: make one change at a time.",
      field: field, message: "상태와 다른 내용은 한 번에 하나씩 바꿔 주세요.")
  }

  private struct Rule {
    let kind: CommandKind
    let changeable: [String]
    let fixed: [String]
    /// Returns a hint at the calls that change the status.
    let hint: (Int) -> String
    let koreanHint: String

    static func of(_ entity: Entity) -> Rule {
      switch entity {
      case .reserve:
        Rule(
          kind: .changeReserve, changeable: ["reserveDt", "address"],
          fixed: ["id", "productid", "userid", "productname", "qty", "price"],
          hint: {
            """
            PUT /reserves/\($0)/reservecancel cancels, POST /trades/{id}/handover or /reserves/\($0)/receipt completes \
            the deal
            """
          },
          koreanHint: "예약취소로 취소하고, 거래완료는 판매자의 거래에서 합니다.")
      case .trade:
        Rule(
          kind: .changeTrade, changeable: ["productname", "qty", "price"],
          fixed: ["id", "productid", "userid", "confirm"],
          hint: {
            """
            POST /trades/\($0)/handover completes a deal, POST /trades/\($0)/cancel calls one off, DELETE /trades/\($0) \
            ends the sale
            """
          },
          koreanHint: "거래완료로 인수인계를, 판매종료로 판매를 끝냅니다.")
      case .inventory:
        Rule(
          kind: .adjustStock, changeable: ["productname", "qty"], fixed: ["id", "productid"],
          hint: { "PATCH /inventories/\($0) with qty adjusts the stock, DELETE /inventories/\($0) ends it" },
          koreanHint: "수량을 바꾸면 조정되고, 재고종료로 끝납니다.")
      }
    }
  }
}

extension Resource {
  /// Returns what the client has seen: according to the body, by sending the item back, and to `If-Match`.
  fileprivate func seen(_ sent: Fields, ifMatch: String?, present: Fields) -> Fields {
    var seen = seen(ifMatch: ifMatch, present: present)
    for name in tagged {
      guard let text = sent[name]?.trimmed, !text.isEmpty else { continue }
      if seen[name] == nil || seen[name] == Self.number(name, of: present) {
        seen.pairs.removeAll { $0.name == name }
        seen.append(name, text)
      }
    }
    return seen
  }

  func isTrue(_ seen: Fields, of present: Fields) -> Bool {
    seen.allSatisfy { name, value in value == Self.number(name, of: present) }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
