import Testbed
import Testing

@testable import Market

/// Every form that a release writes and the next one has to read, byte for byte.
@Suite struct GoldenTests {
  private static let caller = Caller(commandid: "k-1", replyto: "ingress-1")

  @Test(arguments: CommandKind.allCases)
  func `the stored form of every command stays the same`(kind: CommandKind) throws {
    let command = Self.sample(kind)
    var fields: Fields = ["type": kind.rawValue, "id": "7", "productid": "100"]
    fields.pairs += command.payload.details.pairs
    #expect(try Command(fields: kept("commands/\(kind.rawValue)", fields)) == command)
    // The kind says which worker decides it before it is read.
    switch command {
    case .reservation: #expect(kind.worker == .reservation)
    case .trade: #expect(kind.worker == .trade)
    case .stock: #expect(kind.worker == .stock)
    }
  }

  @Test(arguments: facts)
  func `the stored form of every event stays the same`(fact: Fact) throws {
    var event = Event(fact, caller: Caller(commandid: "k-1"))
    if case .deal(let step, _) = fact, step.passesOn { event = Event(fact, asker: event.caller) }
    #expect(try Event(fields: kept("events/\(event.type)", event.fields)) == event)
  }

  @Test func `the stored forms of what verified users do stay the same`() throws {
    let actor = ActingUser("김민지", isOperator: true)
    let listed = Event(.listing(.tradeListed, Self.listing), caller: Caller(commandid: "k-1", actor: actor))
    #expect(try Event(fields: kept("events/of a verified user", listed.fields)) == listed)
    let reserve = Command.reserve(7, once: true)
    let fields = Fields(
      [("type", "Reserve"), ("id", "7"), ("productid", "100")] + reserve.payload.details.pairs)
    #expect(try Command(fields: kept("commands/Reserve once", fields)) == reserve)
    let stock = ProductStock(Stock(level(3), status: .stockRegistered), seller: "이준호")
    #expect(try ProductStock(fields: kept("states/stock of a seller", stock.fields)) == stock)
    var leftOver = stock
    leftOver.isLeftOver = true
    #expect(try ProductStock(fields: kept("states/stock left over", leftOver.fields)) == leftOver)
    let unregistered = ProductStock(seller: "이준호")
    #expect(try ProductStock(fields: kept("states/seller", unregistered.fields)) == unregistered)
  }

  @Test func `every type of event has a golden file`() {
    #expect(Set(Self.facts.map { Event($0).type }) == Event.types)
  }

  @Test func `the stored form of a replayed event stays the same`() throws {
    let replayed = ReplayedEvent(
      Event(.deal(.tradeCanceled, Self.deal.withoutTerms)), at: EntryID(milliseconds: 1712, sequence: 3))
    let read = try #require(try ReplayedEvent(fields: kept("commands/replayed event", replayed.fields)))
    #expect(read.event == replayed.event && read.position == replayed.position)
  }

  @Test func `the stored forms of all states stay the same`() throws {
    var reservation = Reservation(Self.deal, standing: .running)
    reservation.cancelRequested = true
    reservation.canceler = Self.caller
    #expect(try Reservation(fields: kept("states/reservation", reservation.fields)) == reservation)
    let stock = Stock(level(3, held: 1, version: 2), status: .stockHeld)
    #expect(try Stock(fields: kept("states/stock", stock.fields)) == stock)
    #expect(try Listing(fields: kept("states/trade", Self.listing.fields)) == Self.listing)
    let product = try Scenario(
      TradeDecider.self,
      [
        .ask(.list(qty: 9)), .told(.stockRegistered, level(3)), .reserved(5), .reserved(1),
        .command(.handover(Handover(id: 1, productid: product, reserveid: 1)), Self.caller),
        .told(.reserveCancelRequested, 5),
        .reserved(3, qty: 2),
      ]
    ).state
    #expect(try ProductTrade(fields: kept("states/product", product.fields)) == product)
  }

  @Test func `the stored forms of outcomes and command records stay the same`() throws {
    let done = Event(.listing(.tradeListed, Self.listing), caller: Self.caller)
    let refused = Event(
      .rejected(Rejection(kind: .adjustStock, id: 7, productid: 100, refusal: .belowHeld)),
      caller: Self.caller)
    let stale = Event(
      .rejected(Rejection(kind: .adjustStock, id: 7, productid: 100, refusal: .stale)), caller: Self.caller)
    for (name, event) in [("accepted", done), ("refused", refused), ("stale", stale)] {
      let outcome = Outcome(of: event, view: Self.listing.fields)
      #expect(Outcome(packed: try Golden.text("outcomes/\(name)", now: outcome.packed)) == outcome)
    }
    let digest = try Draft(fields: ["type": "WithdrawTrade", "id": "7"], worker: .trade).digest
    for (name, record) in [
      ("record", CommandRecord(digest, outcome: "accepted\tTradeWithdrawn\tid\t7")),
      ("record still open", CommandRecord(digest, outcome: "")),
      ("record of an older release", CommandRecord(nil, outcome: "accepted\tTradeWithdrawn\tid\t7")),
    ] {
      #expect(CommandRecord(stored: try Golden.text("outcomes/\(name)", now: record.stored)) == record)
    }
    try Golden.text("outcomes/record waiting", now: CommandRecord.waiting)
  }

  @Test func `the stored forms of what has ended stay the same`() throws {
    let moment = Moment(milliseconds: 1_795_361_246_702)
    var reservation = Reservation(Self.deal, standing: .completed)
    reservation.endedAt = moment
    #expect(try Reservation(fields: kept("states/ended reservation", reservation.fields)) == reservation)
    var listing = Self.listing
    listing.endedAt = moment
    #expect(try Listing(fields: kept("states/ended trade", listing.fields)) == listing)
    let asked = ForgetUser(id: 7, productid: 100, userid: "김민지")
    #expect(try ForgetUser(fields: kept("commands/ForgetUser", asked.fields)) == asked)
    try Golden.text("words/forgotten", now: Forgotten.user)
  }

  @Test(arguments: Timer.Kind.allCases)
  func `the stored form of every timer stays the same`(kind: Timer.Kind) throws {
    let timer = Timer(kind, of: 7, 100, at: Moment(milliseconds: 1_795_361_246_702))
    #expect(try Timer(fields: kept("commands/timer \(kind.rawValue)", timer.fields)) == timer)
  }

  /// Words that are values on the journal and in the store: none can be removed.
  @Test func `the stored words stay the same`() throws {
    for (name, words) in [
      ("statuses", Status.allCases.map(\.rawValue)), ("refusals", Refusal.allCases.map(\.rawValue)),
      ("phases", RunningDeal.Phase.allCases.map(\.rawValue)), ("roles", DealRole.allCases.map(\.rawValue)),
      ("causes", CancelReason.allCases.map(\.rawValue)),
      ("confirmations", Confirmation.allCases.map(\.rawValue)),
    ] {
      try Golden.text("words/\(name)", now: words.sorted().joined(separator: "\n"))
    }
  }

  /// Returns the fields as the golden file has them.
  private func kept(_ name: String, _ fields: Fields) throws -> Fields {
    Fields(golden: try Golden.text(name, now: fields.golden))
  }
}

extension Fields {
  /// As golden files have them.
  var golden: String { Golden.text(of: pairs.map { ($0.name, $0.value) }) }

  init(golden text: String) { self.init(Golden.fields(of: text)) }
}

/// The values in the forms, with all fields set.
extension GoldenTests {
  private static let deal = Deal(
    reserveid: 7, productid: 100, userid: "김민지", productname: "애플워치", qty: 2,
    terms: Terms(price: 50_000, reserveDt: "2024-04-04", address: "서울특별시 서초구 방배동", version: 2),
    tradeid: 9, seller: "이준호", refusal: .notFree, held: 2, delete: true)
  private static let listing = Listing(
    id: 7, productid: 100, userid: "이준호", productname: "애플워치", qty: 3, price: 50_000, held: 1, sold: 2,
    withdrawn: true, isDeleted: true, version: 4)
  private static let stock = StockLevel(
    id: 1, productid: 100, productname: "시계", qty: 3, held: 1, version: 5)

  static let facts: [Fact] =
    DealStep.allCases.map { .deal($0, $0.worker == .reservation ? deal : deal.withoutTerms) }
    + StockAnswer.allCases.map { .hold($0, deal.withoutTerms, stock) }
    + ListingStep.allCases.map { .listing($0, listing) } + StockStep.allCases.map { .stock($0, stock) }
    + [
      .rejected(
        Rejection(
          kind: .cancelReserve, id: 7, productid: 100, refusal: .alreadyCompleted, userid: "김민지",
          status: .completed))
    ]

  static func sample(_ kind: CommandKind) -> Command {
    let seen = Seen(version: 2, held: 1, sold: 0)
    return switch kind {
    case .reserve: .reserve(7, qty: 2)
    case .cancelReserve: .cancel(7, delete: true, seen: seen)
    case .changeReserve: .move(7, to: "2024-05-05", address: "부산", seen: seen)
    case .listTrade: .list(7, qty: 3)
    case .handover: .handOver(7, reserve: 9, seen: seen)
    case .changeTrade:
      .trade(
        .changeTrade(
          ChangeTrade(id: 7, productid: product, productname: "시계", qty: 3, price: 1, seen: seen)))
    case .withdrawTrade: .withdraw(7, delete: true, seen: seen)
    case .cancelDeal: .callOff(7, reserve: 9, .noShow, seen: seen)
    case .confirmReceipt: .received(7)
    case .registerStock: .register(7, qty: 3)
    case .adjustStock:
      .stock(.adjustStock(AdjustStock(id: 7, productid: product, qty: 3, productname: "시계", seen: seen)))
    case .withdrawStock: .withdrawStock(7, seen: seen)
    }
  }
}
