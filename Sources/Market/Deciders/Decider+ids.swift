extension Decider {
  /// The same in a shard where the ids `used` were given to something before: no command may give one again.
  ///
  /// Where a state is that of one id, it tells by itself that the id is used.
  public static func decide(
    _ input: Input, at position: EntryID, _ state: inout State, besides used: inout Set<Int>
  ) throws(BrokenLaw) -> [Event] {
    guard !isStateOfOneID, case .command(let command, let caller) = input, command.kind.creates else {
      return try decide(input, at: position, &state)
    }
    if used.contains(command.id) { return [Event(refusing: command, .duplicateId, caller)] }
    let events = try decide(input, at: position, &state)
    for event in events {
      if let id = event.newID { used.insert(id) }
    }
    return events
  }
}

extension Event {
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
