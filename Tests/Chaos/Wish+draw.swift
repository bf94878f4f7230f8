import Foundation
import Market

extension Wish {
  private static let people = [
    "김민지", "이준호", "홍길동🙂", "abc", "a{b}c", "{x}", "}{", "100%7B", "buyer one", "e\u{301}lise", "둘째",
  ]
  private static let goods = ["애플워치", "자전거", "책 {한정판}", "camera", "의자"]

  /// The kinds, each as often as its weight says.
  private static let kinds = CommandKind.allCases.flatMap { Array(repeating: $0, count: $0.weight) }

  /// Returns a product of the given time: both kinds of load move on to new products together.
  static func product(_ dice: inout Dice, at second: Double, back: Int = 0) -> Int {
    max(1, 1 + Int(second * 4) + dice.roll(0...7) - back)
  }

  /// - Parameters:
  ///   - number: unique among all wishes.
  ///   - second: the time since the beginning.
  ///   - isNamed: whether it usually names its id, because nobody will learn one that the door makes.
  static func draw(
    _ dice: inout Dice, number: Int, at second: Double, of catalogue: Catalogue, isNamed: Bool = false
  ) -> Wish {
    let kind = dice.pick(kinds)
    // A change of an item usually comes a little later than the item itself.
    let product = product(&dice, at: second, back: kind.creates ? 0 : 7)
    let (mark, place) = ("\(dice.pick(goods)) #\(number)", dice.roll(0...1_000_000))
    // Half of the goods are single units.
    let (qty, price) = (dice.chance(50) ? 1 : dice.roll(1...5), dice.roll(0...3) * 50_000)
    let known = catalogue.id(of: kind.entity, product: product, place)
    var id = known ?? dice.pick([900_000_000, 900_000_001])
    if kind.creates && !(dice.chance(4) && known != nil) { id = 1_000_000 + number }
    let isUnnamed = kind.creates && dice.chance(isNamed ? 10 : 60)
    var fields: [String: String] = [:]
    switch kind {
    case .reserve:
      fields = [
        "userid": dice.pick(people), "productname": dice.pick(goods), "qty": "\(min(qty, 2))",
        "reserveDt": date(&dice), "address": mark, "price": "\(price)",
      ]
      if dice.chance(10) { fields["price"] = nil }
    case .listTrade:
      fields = ["userid": dice.pick(people), "productname": mark, "qty": "\(qty)", "price": "\(price)"]
      let confirm = dice.pick(Confirmation.allCases)
      if confirm != .none { fields["confirm"] = confirm.rawValue }
    case .registerStock: fields = ["productname": mark, "qty": "\(qty)"]
    case .changeReserve:
      fields = ["address": mark]
      if dice.chance(40) { fields["reserveDt"] = date(&dice) }
    case .changeTrade:
      fields = ["productname": mark]
      if dice.chance(60) { fields["qty"] = "\(qty)" }
    case .adjustStock:
      fields = ["productname": mark]
      if dice.chance(80) { fields["qty"] = "\(dice.roll(0...6))" }
    case .handover:
      let reserve = catalogue.id(of: .reserve, product: product, place / 7)
      if let reserve, dice.chance(60) { fields["reserveid"] = "\(reserve)" }
      // A guess, which is seldom right; shoppers can also ask for the code.
      if dice.chance(15) { fields["code"] = "0\(dice.roll(100...999))" }
    case .cancelDeal:
      let reserve = catalogue.id(of: .reserve, product: product, place / 7) ?? 1
      fields = ["reserveid": "\(reserve)", "reason": dice.pick(CancelReason.allCases).rawValue]
    case .confirmReceipt: break
    case .cancelReserve: if dice.chance(30) { fields["delete"] = "1" }
    case .withdrawTrade, .withdrawStock: break
    }
    return Wish(
      kind: kind, id: isUnnamed ? nil : id, productid: product, fields: fields,
      mark: fields.values.contains(mark) ? mark : nil)
  }
}

extension Wish {
  /// Returns a date that is over, one that comes in a few seconds, or one that does not come during a run.
  fileprivate static func date(_ dice: inout Dice) -> String {
    switch dice.roll(1...10) {
    case 1...5: "2024-04-04"
    case 6...7: "2099-04-04"
    default:
      Moment(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000) + UInt64(dice.roll(0...8000)))
        .description
    }
  }
}

extension CommandKind {
  /// How often it is drawn.
  fileprivate var weight: Int {
    switch self {
    case .reserve, .handover: 14
    case .listTrade, .registerStock: 5
    case .cancelReserve, .adjustStock: 4
    case .confirmReceipt: 3
    case .changeReserve, .changeTrade, .cancelDeal: 2
    case .withdrawTrade, .withdrawStock: 1
    }
  }
}
