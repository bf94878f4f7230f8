import Testing

@testable import Market

/// The events of one worker, described as *given* this history, *when* this arrives, *then* that follows.
struct Scenario<Rules: Decider> {
  private(set) var state: Rules.State
  /// Summaries of the emitted events, and the laws that were broken.
  private var said: [String] = []
  private var position = EntryID(milliseconds: 1_795_000_000_000, sequence: 0)
  private let policy: Policy

  init(_ rules: Rules.Type, _ inputs: [Input<Rules.Command>], under policy: Policy = .timeless) throws {
    self.policy = policy
    state = Rules.initial
    for input in inputs { take(input) }
  }

  func when(_ inputs: Input<Rules.Command>...) -> Scenario {
    var next = self
    next.said = []
    for input in inputs { next.take(input) }
    return next
  }

  /// Checks the summaries of all events since `when`.
  @discardableResult
  func then(_ gists: String..., location: SourceLocation = #_sourceLocation) -> Scenario {
    #expect(said == gists, sourceLocation: location)
    return self
  }

  /// Lets time pass.
  func after(_ milliseconds: Int) -> Scenario {
    var next = self
    next.position.milliseconds += UInt64(milliseconds)
    return next
  }

  /// The time of the last input.
  var now: Moment { position.moment }

  private mutating func take(_ input: Input<Rules.Command>) {
    position.milliseconds += 1
    do throws(BrokenLaw) {
      said += try Rules.decide(input, at: position, &state, under: policy).map(\.summary)
    } catch {
      said.append(error.message)
    }
  }
}

func given<Rules: Decider>(
  _ rules: Rules.Type, under policy: Policy = .timeless, _ inputs: Input<Rules.Command>...
) throws -> Scenario<Rules> {
  try Scenario(rules, inputs, under: policy)
}

extension Event {
  /// The event in a few words: type, reservation, reason, returned units, who is answered.
  var summary: String {
    var words = [type]
    var refusal: Refusal?
    if let deal {
      words.append("#\(deal.reserveid)")
      refusal = deal.refusal
      if let cause = deal.cause { words.append(cause.rawValue) }
      if deal.held > 0 { words.append("held \(deal.held)") }
    }
    if case .rejected(let rejection) = fact { refusal = rejection.refusal }
    if let refusal { words.append(refusal.rawValue) }
    if let caller { words.append("→ \(caller.commandid)") }
    return words.joined(separator: " ")
  }
}

extension Input {
  /// A command of a caller that waits for its outcome.
  static func ask(_ command: Market.Command, by caller: String = "me", as actor: ActingUser? = nil) -> Input {
    guard let own = Command(command) else { preconditionFailure("\(Command.self) has no \(command)") }
    return .command(own, Caller(commandid: caller, actor: actor))
  }

  static func reserved(
    _ id: Int, qty: Int = 1, at reserveDt: String = "2024-04-04", price: Int? = 50_000,
    by userid: String? = nil
  ) -> Input {
    var deal = deal(id, qty: qty)
    deal.terms?.reserveDt = reserveDt
    deal.terms?.price = price
    deal.userid = userid ?? deal.userid
    return .event(Event(.deal(.reserveCompleted, deal)))
  }

  static func moved(_ id: Int, to reserveDt: String) -> Input {
    var deal = deal(id)
    deal.terms?.reserveDt = reserveDt
    return .event(Event(.deal(.reserveChanged, deal)))
  }

  static func told(_ step: DealStep, _ id: Int, qty: Int = 1, held: Int = 0, _ refusal: Refusal? = nil)
    -> Input
  {
    var deal = deal(id, qty: qty)
    deal.held = held
    deal.refusal = refusal
    return .event(Event(.deal(step, deal)))
  }

  static func told(_ step: StockAnswer, _ id: Int, qty: Int = 1, _ level: StockLevel) -> Input {
    .event(Event(.hold(step, deal(id, qty: qty), level)))
  }

  static func listed(_ id: Int = 1, by userid: String = "seller") -> Input {
    let listing = Listing(
      id: id, productid: product, userid: userid, productname: "애플워치", qty: 1, price: 50_000)
    return .event(Event(.listing(.tradeListed, listing)))
  }

  static func told(_ step: StockStep, _ level: StockLevel) -> Input {
    .event(Event(.stock(step, level)))
  }
}
