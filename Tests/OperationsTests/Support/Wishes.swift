import Market
import Testbed

/// Makes random commands: few products, wanted by many, changed and given up at any time.
struct Wishes {
  private(set) var random: SplitMix64
  let products: Int
  private var reserves = 0
  private var trades: [Int: Int] = [:]
  private var stocks: [Int: Int] = [:]

  init(seed: UInt64, products: Int) {
    random = SplitMix64(seed: seed)
    self.products = products
  }

  mutating func next() -> Fields {
    let product = Int.random(in: 1...products, using: &random)
    let units = Int.random(in: 1...3, using: &random)
    switch Int.random(in: 0..<38, using: &random) {
    case 0..<8:
      // Sometimes an id that is taken.
      if reserves == 0 || Int.random(in: 0..<12, using: &random) > 0 { reserves += 1 }
      return .reserve(reserves, of: reserves % products + 1, qty: units == 3 ? 2 : 1)
    case 8..<11:
      let id = someReserve()
      return [
        "type": "CancelReserve", "id": "\(id)", "productid": "\(id % products + 1)", "delete": "\(units / 3)",
      ]
    case 11:
      let id = someReserve()
      return [
        "type": "ChangeReserve", "id": "\(id)", "productid": "\(id % products + 1)",
        "reserveDt": "2024-05-0\(units)", "version": "\(units)",
      ]
    case 12..<15:
      // Mostly refused, because the last one is still open.
      if Int.random(in: 0..<4, using: &random) == 0 { trades[product, default: 0] += 1 }
      let confirm = Confirmation.allCases.randomElement(using: &random) ?? .none
      return .list(trade(of: product), of: product, qty: units).with("confirm", confirm.rawValue)
    case 15..<25:
      var fields: Fields = ["type": "Handover", "id": "\(trade(of: product))", "productid": "\(product)"]
      if units == 1 { fields.append("reserveid", "\(someReserve())") }
      // Nobody guesses one of 10,000.
      if Int.random(in: 0..<3, using: &random) == 0 { fields.append("code", "0000") }
      return fields
    case 25:
      return [
        "type": "ChangeTrade", "id": "\(trade(of: product))", "productid": "\(product)",
        "qty": "\(units + 1)",
      ]
    case 26:
      return [
        "type": "WithdrawTrade", "id": "\(trade(of: product))", "productid": "\(product)",
        "delete": "\(units / 2)",
      ]
    case 27..<29:
      return .register(product, id: stock(of: product), qty: units + 2)
    case 29..<31:
      var fields: Fields = [
        "type": "AdjustStock", "id": "\(stock(of: product))", "productid": "\(product)",
        "qty": "\(units + 1)",
      ]
      // Every other one names a version, which can be outdated.
      if Bool.random(using: &random) { fields.append("version", "\(units)") }
      return fields
    case 31..<33:
      let reason = CancelReason.allCases.randomElement(using: &random) ?? .other
      let id = someReserve()
      let own = id % products + 1
      return [
        "type": "CancelDeal", "id": "\(trade(of: own))", "productid": "\(own)", "reserveid": "\(id)",
        "reason": reason.rawValue,
      ]
    case 33..<37:
      let id = someReserve()
      return ["type": "ConfirmReceipt", "id": "\(id)", "productid": "\(id % products + 1)"]
    default:
      let id = stock(of: product)
      stocks[product, default: 0] += 1
      return ["type": "WithdrawStock", "id": "\(id)", "productid": "\(product)"]
    }
  }

  private mutating func someReserve() -> Int { max(1, reserves - Int.random(in: 0...6, using: &random)) }

  /// Returns the last listing's id, or an earlier one.
  private mutating func trade(of product: Int) -> Int {
    product * 1000 + max(0, trades[product, default: 0] - Int.random(in: 0...1, using: &random))
  }

  private mutating func stock(of product: Int) -> Int {
    product * 1000 + max(0, stocks[product, default: 0] - Int.random(in: 0...2, using: &random) / 2)
  }
}

extension Fields {
  static func reserve(_ id: Int, of product: Int, qty: Int = 1) -> Fields {
    [
      "type": "Reserve", "id": "\(id)", "productid": "\(product)", "userid": "buyer\(id % 7)",
      "productname": "중고 책상", "qty": "\(qty)", "reserveDt": "2024-04-04", "address": "서울", "price": "1000",
    ]
  }

  static func list(_ id: Int, of product: Int, qty: Int = 1) -> Fields {
    [
      "type": "ListTrade", "id": "\(id)", "productid": "\(product)", "userid": "seller\(product)",
      "productname": "중고 책상", "qty": "\(qty)", "price": "1000",
    ]
  }

  static func register(_ product: Int, id: Int? = nil, qty: Int = 1) -> Fields {
    [
      "type": "RegisterStock", "id": "\(id ?? product)", "productid": "\(product)", "productname": "중고 책상",
      "qty": "\(qty)",
    ]
  }
}
