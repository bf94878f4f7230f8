import Testbed
import Testing

@testable import Market

/// `asyncapi.json` has every command and every event with all their fields, and no others.
@Suite struct AsyncAPITests {
  private let description: Description

  init() throws { description = try Description("asyncapi") }

  private func payload(_ name: String) -> JSON { description.root["components"]["messages"][name]["payload"] }

  private func messages(_ channel: String) -> Set<String> {
    description.root["channels"][channel]["messages"].names
  }

  @Test(arguments: DecidingWorker.allCases)
  func `an inlet takes the commands of its worker`(worker: DecidingWorker) {
    let kinds = CommandKind.allCases.filter { $0.worker == worker }.map(\.rawValue)
    #expect(messages("\(worker.rawValue)Inlet") == Set(kinds))
    #expect(description.root["channels"]["\(worker.rawValue)Inlet"]["address"].text == worker.commands)
  }

  @Test(arguments: CommandKind.allCases)
  func `a command has the fields that are described`(kind: CommandKind) throws {
    let schema = payload(kind.rawValue)
    let command = GoldenTests.sample(kind)
    let all = ["type", "id", "productid", "commandid"] + command.payload.details.map(\.name)
    // What is only said when it is so, and so is not in the sample.
    let more: [String] =
      switch kind {
      case .reserve: ["once"]
      case .listTrade: ["confirm"]
      case .handover: ["sold", "code"]
      case .cancelReserve, .changeReserve, .changeTrade, .withdrawTrade, .cancelDeal, .confirmReceipt,
        .registerStock,
        .adjustStock, .withdrawStock:
        []
      }
    #expect(description.properties(of: schema).keys.sorted() == Set(all + more).sorted())

    let example = description.root["components"]["messages"][kind.rawValue]["examples"][0]["payload"]
    #expect(description.faults(in: example, of: schema, isExact: true) == [])
    func draft(without name: String?) throws -> Draft {
      let fields = example.members.filter { $0.key != name }.map { ($0.key, $0.value.text ?? "") }
      return try Draft(fields: Fields(fields), worker: kind.worker)
    }
    #expect(try draft(without: nil).kind == kind)
    for name in description.required(by: schema) {
      #expect(throws: FieldError.self, "\(name)") { try draft(without: name) }
    }
  }

  @Test func `the journal has the events that are described`() {
    #expect(messages("journal") == Event.types)
  }

  @Test(arguments: GoldenTests.facts)
  func `an event has the fields that are described`(fact: Fact) throws {
    let fact = fact.whole
    let caller = Caller(commandid: "k", actor: ActingUser("김민지", isOperator: true))
    let event = Event(fact, caller: caller)
    let schema = payload(event.type)
    var known = Set(description.properties(of: schema).keys)
    if event.status == nil { known.remove("status") }
    // It is said once, when a reservation is made.
    if case .deal(let step, _) = fact, step != .reserveCompleted { known.remove("once") }
    if case .listing = fact { known.insert("status") }
    #expect(Set(event.fields.map(\.name)) == known)
    #expect(faults(in: event.fields, of: schema) == [])

    // Without all that can be left out.
    var plain = fact
    switch fact {
    case .deal(let step, let deal): plain = .deal(step, deal.bare)
    case .hold(let step, let deal, var level):
      (level.version, level.productname) = (1, deal.productname)
      plain = .hold(step, deal.bare, level)
    case .listing(let step, var listing):
      (listing.version, listing.isDeleted, listing.confirm, listing.remindAt) = (1, false, .none, nil)
      (listing.endedAt, listing.isFormer) = (nil, false)
      plain = .listing(step, listing)
    case .stock(let step, var level):
      level.version = 1
      plain = .stock(step, level)
    case .rejected(var rejection):
      (rejection.userid, rejection.status, rejection.retryAt) = (nil, nil, nil)
      plain = .rejected(rejection)
    }
    let least = Event(plain).fields
    #expect(Set(least.map(\.name)) == description.required(by: schema))
    #expect(faults(in: least, of: schema) == [])
  }

  private func faults(in fields: Fields, of schema: JSON) -> [String] {
    let members = fields.map { ($0.name, JSON.string($0.value)) }
    return description.faults(
      in: .object(Dictionary(members) { first, _ in first }), of: schema, isExact: true)
  }
}

extension Deal {
  /// The deal without all that can be left out.
  fileprivate var bare: Deal {
    var deal = self
    (deal.tradeid, deal.seller, deal.refusal, deal.held) = (nil, nil, nil, 0)
    (deal.delete, deal.once) = (false, false)
    (deal.confirm, deal.price, deal.course) = (.none, nil, Course())
    deal.terms?.version = 1
    deal.terms?.address = ""
    deal.terms?.price = nil
    return deal
  }
}

extension Fact {
  private static let moment = Moment(milliseconds: 1_795_361_246_702)

  /// The fact with all that can be said of it.
  fileprivate var whole: Fact {
    switch self {
    case .deal(let step, var deal):
      deal.once = step == .reserveCompleted
      deal.confirm = .code
      if step.worker == .trade {
        deal.price = 50_000
        (deal.course.until, deal.course.remindAt) = (Self.moment, Self.moment)
        (deal.course.wrongCodes, deal.course.pausedUntil) = (1, Self.moment)
        deal.course.soldOutAt = Self.moment
      }
      return .deal(step, deal)
    case .hold(let step, var deal, let level):
      deal.confirm = .code
      return .hold(step, deal, level)
    case .listing(let step, var listing):
      (listing.confirm, listing.remindAt) = (.buyer, Self.moment)
      (listing.endedAt, listing.isFormer) = (Self.moment, true)
      return .listing(step, listing)
    case .stock: return self
    case .rejected(var rejection):
      rejection.retryAt = Self.moment
      return .rejected(rejection)
    }
  }
}
