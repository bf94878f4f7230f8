/// The rules of one worker: pure functions of an input, its position and the state.
public protocol Decider: Sendable {
  associatedtype State: Stored

  /// The wire names of the events it has to be given.
  static var listensTo: Set<String> { get }

  /// Whether a state is what became of one id, and not of a product with any number of ids.
  static var isStateOfOneID: Bool { get }

  /// The listing that a state ends with; nil where the rules know of none.
  static func listing(in state: State) -> Listing?

  /// What follows from an input; what it says has already been applied to `state`.
  ///
  /// An event is first evolved into the state, then reacted to. Throws with the state as it was.
  static func decide(
    _ input: Input, at position: EntryID, _ state: inout State
  ) throws(BrokenLaw) -> [Event]

  /// Applies an event, heard or said: all of a state's changes are made here, so events rebuild it.
  static func evolve(_ state: inout State, _ event: Event, at position: EntryID)

  /// What the caller of the command that `event` finishes is told, given the state after it.
  static func outcome(of event: Event, state: State) -> Outcome
}

extension Decider {
  public static func listing(in state: State) -> Listing? { nil }
}

extension Decider {
  /// The same in a shard with a past: no command may give an id again, and a listing that another one has followed
  /// can still be taken off the lists.
  ///
  /// Where a state is that of one id, it tells by itself that the id is used.
  public static func decide(
    _ input: Input, at position: EntryID, _ state: inout State, after past: inout Past
  ) throws(BrokenLaw) -> [Event] {
    guard !isStateOfOneID, case .command(let command, let caller) = input else {
      return try decide(input, at: position, &state)
    }
    let listing = listing(in: state)
    guard command.kind.creates else {
      guard isFormer(command, in: state), let former = past.listings[command.id],
        former.productid == command.productid
      else { return try decide(input, at: position, &state) }
      let event = Event(command, ofFormer: former, caller)
      past.note(event)
      return [event]
    }
    if past.usedIDs.contains(command.id) { return [Event(refusing: command, .duplicateId, caller)] }
    let events = try decide(input, at: position, &state)
    for event in events {
      guard let id = event.newID else { continue }
      past.usedIDs.insert(id)
      if let listing { past.listings[listing.id] = listing }
    }
    return events
  }

  /// Whether a command can only mean a listing that another one has followed.
  public static func isFormer(_ command: Command, in state: State) -> Bool {
    guard !command.kind.creates, let listing = listing(in: state) else { return false }
    return listing.id != command.id
  }
}

extension Past {
  /// Takes in what became of a former listing.
  fileprivate mutating func note(_ event: Event) {
    if case .listing(_, let listing) = event.fact { listings[listing.id] = listing }
  }
}

extension Event {
  /// What comes of a command to a listing that has ended: it can be taken off the lists, and nothing else.
  fileprivate init(_ command: Command, ofFormer listing: Listing, _ caller: Caller?) {
    var listing = listing
    let refusal: Refusal?
    switch command {
    case .withdrawTrade(let command) where listing.isDeleted || !command.delete:
      refusal = listing.isDeleted ? .notFound : listing.closed
    case .withdrawTrade(let command):
      refusal = command.seen.isTrue(of: listing) ? nil : .stale
    case .changeTrade, .handover:
      refusal = listing.isDeleted ? .notFound : listing.closed
    case .reserve, .changeReserve, .cancelReserve, .listTrade, .registerStock, .adjustStock, .withdrawStock:
      refusal = .wrongWorker
    }
    if let refusal {
      self.init(refusing: command, refusal, caller)
    } else {
      listing.isDeleted = true
      self.init(.listing(.tradeDeleted, listing), caller: caller)
    }
  }

  /// The refusal of a command that its worker's rules need not look at.
  public init(refusing command: Command, _ refusal: Refusal, _ caller: Caller?) {
    let rejection = Rejection(
      kind: command.kind, id: command.id, productid: command.productid, refusal: refusal,
      userid: command.userid)
    self.init(.rejected(rejection), caller: caller)
  }

  /// The id that something new was given.
  public var newID: Int? {
    switch fact {
    case .deal(.reserveCompleted, let deal): deal.reserveid
    case .listing(.tradeListed, let listing): listing.id
    case .stock(.stockRegistered, let level): level.id
    case .deal, .hold, .listing, .stock, .rejected: nil
    }
  }
}

extension Command {
  /// Who asks, where the command tells.
  fileprivate var userid: String? {
    switch self {
    case .reserve(let command): command.userid
    case .listTrade(let command): command.userid
    case .cancelReserve, .changeReserve, .handover, .changeTrade, .withdrawTrade, .registerStock,
      .adjustStock, .withdrawStock:
      nil
    }
  }
}
