import Testbed

@testable import Market

/// Makes random commands: few items, wanted by many, changed and given up at any time.
struct RandomCommands {
  var random: SplitMix64
  let products: Int
  /// Whether nobody ever adjusts or withdraws the stock.
  let calm: Bool
  private let policy: Policy
  private var reserves = 0
  private var trades: [Int: Int] = [:]
  private var stocks: [Int: Int] = [:]

  init(_ random: SplitMix64, products: Int, calm: Bool, under policy: Policy) {
    self.policy = policy
    self.random = random
    self.calm = calm
    self.products = products
  }

  /// - Parameters:
  ///   - now: when it is; dates are mostly near.
  ///   - code: returns what the buyer of a deal is shown, of a product's first one if its reservation is nil.
  mutating func next(
    at now: Moment = Moment(milliseconds: 1_795_000_000_000),
    code: (_ productid: Int, _ reserveid: Int?) -> String? = { _, _ in nil }
  ) -> Command {
    let product = Int.random(in: 1...products, using: &random)
    let units = Int.random(in: 1...3, using: &random)
    switch Int.random(in: 0..<(calm ? 33 : 40), using: &random) {
    case 0..<8:
      // Sometimes an id that is taken.
      if reserves == 0 || !random.oneIn(12) { reserves += 1 }
      return .reserve(
        reserves, qty: random.oneIn(3) ? units : 1, productid: reserves % products + 1,
        by: random.oneIn(12) ? "seller" : "buyer\(reserves % 4)", once: random.oneIn(3), at: date(near: now),
        price: random.oneIn(3) ? nil : 50_000)
    case 8..<11:
      let id = someReserve()
      return .cancel(id, delete: random.oneIn(3), productid: id % products + 1)
    case 11:
      let id = someReserve()
      return .move(
        id, to: date(near: now), address: random.oneIn(2) ? "" : nil, seen: seen(),
        productid: id % products + 1)
    case 12..<16:
      // Mostly refused, because the last one is still open.
      if random.oneIn(4) { trades[product, default: 0] += 1 }
      return .list(
        random.oneIn(5) ? anOldID(trades) : trade(of: product), qty: random.oneIn(3) ? 1 : units + 1,
        productid: product,
        confirm: random.oneIn(3)
          ? .code : Market.Confirmation.allCases.randomElement(using: &random) ?? .none)
    case 16..<22:
      if random.oneIn(2) {
        return .handOver(trade(of: product), productid: product, code: entered(code(product, nil)))
      }
      let id = anyReserve()
      return .handOver(
        trade(of: id % products + 1), reserve: id, productid: id % products + 1,
        code: entered(code(id % products + 1, id)))
    case 22..<24:
      // Often the smallest quantity: less than what is promised.
      let qty = random.oneIn(4) ? nil : random.oneIn(2) ? 1 : Int.random(in: 2...4, using: &random)
      return .relist(
        trade(of: product), qty: qty, price: random.oneIn(3) ? 1 : 50_000, seen: seen(), productid: product)
    case 24:
      let id = random.oneIn(4) ? anOldID(trades) : trade(of: product)
      return .withdraw(id, delete: random.oneIn(2), productid: product)
    case 25..<27:
      let id = anyReserve()
      return .callOff(
        trade(of: id % products + 1), reserve: id,
        CancelReason.allCases.randomElement(using: &random) ?? .other,
        seen: seen(), productid: id % products + 1)
    case 27..<30:
      let id = anyReserve()
      return .received(id, productid: id % products + 1)
    case 30..<33:
      // A new one after every withdrawal, whether or not that succeeded.
      let id = Self.id((stocks[product] ?? 0) + 1, of: product)
      return .register(random.oneIn(6) ? anOldID(stocks) : id, qty: units, productid: product)
    case 33..<39:
      return .adjust(
        someStock(of: product), qty: random.oneIn(4) ? 0 : Int.random(in: 0...5, using: &random),
        seen: seen(),
        productid: product)
    default:
      let id = someStock(of: product)
      stocks[product, default: 0] += 1
      return .withdrawStock(id, productid: product)
    }
  }

  /// Returns a date, mostly one that is soon.
  private mutating func date(near now: Moment) -> String {
    random.oneIn(6) ? "2024-04-04" : now.advanced(by: Int.random(in: -50...300, using: &random)).description
  }

  /// Returns what a seller enters who has been told a code.
  private mutating func entered(_ code: String?) -> String? {
    random.oneIn(4) ? nil : random.oneIn(2) ? "0000" : code
  }

  /// Returns who sends the next command; mostly somebody trusted, else anybody.
  mutating func actor() -> ActingUser? {
    if random.oneIn(2) { return nil }
    let users = ["seller", "stranger"] + (0..<4).map { "buyer\($0)" }
    return ActingUser(
      users[Int.random(in: 0..<users.count, using: &random)], isOperator: random.oneIn(8))
  }

  /// Asks to forget anybody, wherever that may be.
  mutating func forgetSomebody(in world: inout World) {
    let person = random.oneIn(2) ? "seller" : "buyer\(Int.random(in: 0..<4, using: &random))"
    let reserveid = anyReserve()
    let product = random.oneIn(2) ? reserveid % products + 1 : Int.random(in: 1...products, using: &random)
    world.forget(
      person, inReservation: reserveid, orTrade: random.oneIn(2) ? trade(of: product) : anOldID(trades),
      of: product)
  }

  /// Returns what a page showed when it was loaded, which can be outdated.
  private mutating func seen() -> Seen {
    if !random.oneIn(3) { return Seen() }
    return Seen(
      version: Int.random(in: 1...3, using: &random),
      held: random.oneIn(2) ? nil : Int.random(in: 0...2, using: &random))
  }

  private mutating func someReserve() -> Int { max(1, reserves - Int.random(in: 0...4, using: &random)) }

  /// Returns one that can have been made long ago: the deals that run are older than those that wait.
  private mutating func anyReserve() -> Int { Int.random(in: 1...max(1, reserves), using: &random) }

  private func trade(of product: Int) -> Int { Self.id(trades[product] ?? 0, of: product) }
  private mutating func someStock(of product: Int) -> Int {
    Self.id((stocks[product] ?? 0) + (random.oneIn(3) ? 0 : 1), of: product)
  }

  /// Returns an id that can have been used long ago, for this or another product.
  private mutating func anOldID(_ counts: [Int: Int]) -> Int {
    let product = Int.random(in: 1...products, using: &random)
    return Self.id(Int.random(in: 0...(counts[product] ?? 0), using: &random), of: product)
  }

  private static func id(_ number: Int, of product: Int) -> Int { product * 1000 + max(1, number) }
}
