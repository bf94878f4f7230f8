/// One entry of the journal: what happened, and who had asked for it.
public struct Event: Hashable, Sendable {
  public var fact: Fact
  /// Who asked for the command that this event finishes: every command is finished by exactly one event.
  public var caller: Caller?
  /// Who asked for the command that this event only passes on, and goes on waiting for its outcome.
  public var asker: Caller?

  public init(_ fact: Fact, caller: Caller? = nil, asker: Caller? = nil) {
    self.fact = fact
    self.caller = caller
    self.asker = asker
  }

  /// The wire name of a refusal.
  public static let rejectedType = "CommandRejected"

  public var type: String {
    switch fact {
    case .deal(let step, _): step.rawValue
    case .hold(let step, _, _): step.rawValue
    case .listing(let step, _): step.rawValue
    case .stock(let step, _): step.rawValue
    case .rejected: Self.rejectedType
    }
  }

  /// The worker that says it.
  public var author: DecidingWorker {
    switch fact {
    case .deal(let step, _): step.worker
    case .hold(let step, _, _): step.worker
    case .listing(let step, _): step.worker
    case .stock(let step, _): step.worker
    case .rejected(let rejection): rejection.kind.worker
    }
  }

  /// The new status of the reservation, the listing or the stock; nil if the event does not change it.
  public var status: Status? {
    switch fact {
    case .deal(let step, _): step.status
    case .hold(let step, _, _): step.status
    case .listing(let step, let listing): step.movesStatus ? listing.status : nil
    case .stock(let step, _): step.status
    case .rejected(let rejection): rejection.status
    }
  }

  /// The sides that are sent a notice of it. The sender of a refused command has the answer; only the two sides of a
  /// reservation whose status goes back are told.
  public var audience: Set<DealRole> {
    switch fact {
    case .deal(let step, _): step.audience
    case .hold(let step, _, _): step.audience
    case .listing(let step, _): step.audience
    case .stock(let step, _): step.audience
    case .rejected(let rejection): rejection.status == nil ? [] : [.buyer, .seller]
    }
  }

  public var productid: Int {
    switch fact {
    case .deal(_, let deal), .hold(_, let deal, _): deal.productid
    case .listing(_, let listing): listing.productid
    case .stock(_, let level): level.productid
    case .rejected(let rejection): rejection.productid
    }
  }

  /// The deal it is a step of, if it is one of a deal.
  public var deal: Deal? {
    switch fact {
    case .deal(_, let deal), .hold(_, let deal, _): deal
    case .listing, .stock, .rejected: nil
    }
  }
}
