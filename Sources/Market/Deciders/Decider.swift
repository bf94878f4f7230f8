/// The rules of one worker: pure functions of an input, its position and the state.
public protocol Decider: Sendable {
  associatedtype Command: DecidedCommand
  associatedtype State: Stored

  static var worker: DecidingWorker { get }

  /// The wire names of the events that it needs.
  static var listensTo: Set<String> { get }

  /// Whether a state belongs to one id, rather than to a product with any number of ids.
  static var isStateOfOneID: Bool { get }

  /// The state before the first event.
  static var initial: State { get }

  /// Returns the id of the state that an event is about; nil if it is about none of these.
  static func subject(of event: Event) -> Int?

  /// Returns the present listing of a state; nil if the rules know of none.
  static func listing(in state: State) -> Listing?

  /// Returns the events that follow from an input. They are already applied to `state`.
  ///
  /// An event is first applied to the state, then reacted to. If it throws, the state is unchanged.
  static func decide(
    _ input: Input<Command>, at position: EntryID, _ state: inout State, under policy: Policy
  ) throws(BrokenLaw) -> [Event]

  /// Returns the event that follows from an input about a listing that another one has followed; nil if none does.
  static func decide(_ input: Input<Command>, ofFormer listing: Listing) -> Event?

  /// Applies an event, observed or emitted. All changes of a state are made here, so its events rebuild it.
  static func evolve(_ state: inout State, _ event: Event, at position: EntryID)

  /// Returns the outcome for the caller of the command that `event` finishes, given the state after it.
  ///
  /// - Parameter entity: what the command names by its id.
  static func outcome(of event: Event, for entity: Entity, state: State) -> Outcome

  /// Returns the timers that a change of a state sets and cancels.
  static func timerChanges(from before: State, to after: State) -> ProductTrade.TimerChanges
}

extension Decider {
  public static func listing(in state: State) -> Listing? { nil }

  public static func decide(_ input: Input<Command>, ofFormer listing: Listing) -> Event? { nil }

  public static func timerChanges(from before: State, to after: State) -> ProductTrade.TimerChanges {
    ProductTrade.TimerChanges()
  }

  /// Returns the id of the state that a command is about.
  public static func subject(of command: Command) -> Int {
    isStateOfOneID ? command.id : command.productid
  }

  /// Returns the id of the state that an input is about; nil if it is about none of these.
  public static func subject(of input: Input<Command>) -> Int? {
    switch input {
    case .command(let command, _): subject(of: command)
    case .event(let event): subject(of: event)
    case .time(let timer): isStateOfOneID ? timer.id : timer.productid
    case .forget(let asked, _): isStateOfOneID ? asked.id : asked.productid
    }
  }
}

extension Decider {
  /// The same in a shard with a past: an id is never given twice, and a listing that another one has followed can
  /// still be removed from the lists and go to the archive.
  ///
  /// If a state belongs to one id, the state itself shows that the id is used, until it is archived.
  // Workers are another module, which could not let it be compiled for the rules.
  @_specialize(where Self == ReservationDecider)
  @_specialize(where Self == TradeDecider)
  @_specialize(where Self == StockDecider)
  public static func decide(
    _ input: Input<Command>, at position: EntryID, _ state: inout State, after past: inout Past,
    under policy: Policy
  ) throws(BrokenLaw) -> [Event] {
    if let id = formerID(in: input, besides: state) {
      guard let former = past.listings[id], former.productid == subject(of: input),
        let event = decide(input, ofFormer: former)
      else { return try decide(input, at: position, &state, under: policy) }
      past.note(event)
      return [event]
    }
    if case .command(let command, let caller) = input, command.kind.creates,
      past.usedIDs.contains(command.id)
    {
      return [Event(refusing: command, .duplicateId, caller)]
    }
    let listing = listing(in: state)
    let events = try decide(input, at: position, &state, under: policy)
    for event in events {
      if let id = event.archivedID { past.usedIDs.insert(id) }
      guard !isStateOfOneID, let id = event.newID else { continue }
      past.usedIDs.insert(id)
      if let listing { past.listings[listing.id] = listing }
    }
    return events
  }

  /// Returns the id of the listing that another one has followed, if an input can only mean such a one.
  public static func formerID(in input: Input<Command>, besides state: State) -> Int? {
    guard worker == .trade else { return nil }
    let id: Int
    switch input {
    case .command(let command, _) where !command.kind.creates && command.kind.entity == .trade:
      id = command.id
    case .time(let timer) where timer.kind == .ended: id = timer.id
    case .forget(let asked, _): id = asked.id
    case .command, .time, .event: return nil
    }
    return listing(in: state)?.id == id ? nil : id
  }
}

extension Past {
  /// Notes what became of a former listing.
  fileprivate mutating func note(_ event: Event) {
    guard case .listing(let step, var listing) = event.fact else { return }
    listing.isFormer = false
    listings[listing.id] = step == .tradeArchived ? nil : listing
    if step == .tradeArchived { usedIDs.insert(listing.id) }
  }
}

extension Event {
  /// The refusal of a command before the rules of its worker look at it.
  public init(refusing command: some DecidedCommand, _ refusal: Refusal, _ caller: Caller?) {
    let rejection = Rejection(
      kind: command.kind, id: command.id, productid: command.productid, refusal: refusal,
      userid: command.userid)
    self.init(.rejected(rejection), caller: caller)
  }

  /// The id of something that has left for the archive; nil if nothing has.
  public var archivedID: Int? {
    switch fact {
    case .deal(.reserveArchived, let deal): deal.reserveid
    case .listing(.tradeArchived, let listing): listing.id
    case .stock(.stockArchived, let level): level.id
    case .deal, .hold, .listing, .stock, .rejected: nil
    }
  }

  /// The id of something new; nil if the event makes nothing.
  public var newID: Int? {
    switch fact {
    case .deal(.reserveCompleted, let deal): deal.reserveid
    case .listing(.tradeListed, let listing): listing.id
    case .stock(.stockRegistered, let level): level.id
    case .deal, .hold, .listing, .stock, .rejected: nil
    }
  }
}
