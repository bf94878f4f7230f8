extension Decision<TradeDecider> {
  mutating func take(_ command: TradeCommand, _ caller: Caller?) {
    switch command {
    case .listTrade(let command): list(command, caller)
    case .changeTrade(let command): change(command, caller)
    case .withdrawTrade(let command): withdraw(command, caller)
    case .handover(let command): handOver(command, caller)
    }
  }

  mutating func list(_ command: ListTrade, _ caller: Caller?) {
    guard caller.mayAct(for: command.userid) else {
      return refuse(command, .notYours, caller, userid: command.userid)
    }
    if let last = state.listing {
      if last.id == command.id { return refuse(command, .duplicateId, caller, userid: command.userid) }
      if last.closed == nil { return refuse(command, .listingOpen, caller, userid: command.userid) }
    }
    emit(.listing(.tradeListed, Listing(command)), to: caller)
  }

  mutating func change(_ command: ChangeTrade, _ caller: Caller?) {
    guard var listing = listing(of: command) else { return refuse(command, .notFound, caller) }
    if let refusal = notYours(listing, caller) ?? refusal(of: listing, command.seen) {
      return refuse(command, refusal, caller, userid: listing.userid)
    }
    listing.qty = command.qty ?? listing.qty
    listing.price = command.price ?? listing.price
    listing.productname = command.productname ?? listing.productname
    listing.version += 1
    guard listing.free >= 0 else {
      return refuse(command, .belowCommitted, caller, userid: listing.userid)
    }
    emit(.listing(.tradeChanged, listing), to: caller)
  }

  mutating func withdraw(_ command: WithdrawTrade, _ caller: Caller?) {
    guard var listing = listing(of: command) else { return refuse(command, .notFound, caller) }
    // A closed listing cannot be ended again, but it can still be removed from the lists.
    let hasEnded = listing.closed != nil && command.delete
    let stale: Refusal? = command.seen.isTrue(of: listing) ? nil : .stale
    let running: Refusal? = state.running.isEmpty ? nil : .dealsRunning
    let mayNot = hasEnded ? stale : listing.closed ?? stale ?? running
    if let refusal = notYours(listing, caller) ?? mayNot {
      return refuse(command, refusal, caller, userid: listing.userid)
    }
    listing.isDeleted = command.delete
    if hasEnded { return emit(.listing(.tradeDeleted, listing), to: caller) }
    listing.withdrawn = true
    emit(.listing(.tradeWithdrawn, listing), to: caller)
  }

  mutating func handOver(_ command: Handover, _ caller: Caller?) {
    guard let listing = listing(of: command) else { return refuse(command, .notFound, caller) }
    if let refusal = notYours(listing, caller) ?? (command.seen.isTrue(of: listing) ? nil : .stale) {
      return refuse(command, refusal, caller, userid: listing.userid)
    }
    switch judge(command.reserveid) {
    case .refused(let refusal):
      refuse(command, refusal, caller, userid: listing.userid)
    case .remembered(let deal):
      emit(.deal(.handoverRequested, deal), askedBy: caller)
    case .done(let deal):
      emit(.deal(.tradeCompleted, deal), to: caller)
    }
  }

  private enum Judgement {
    case done(Deal)
    case remembered(Deal)
    case refused(Refusal)
  }

  /// Decides a handover of this reservation's deal, or of the only running deal if nil.
  private func judge(_ reserveid: Int?) -> Judgement {
    let running: RunningDeal
    if let reserveid {
      guard let named = state.running[reserveid] else {
        return .refused(state.isWaiting(reserveid) ? .notStarted : .notFound)
      }
      running = named
    } else {
      guard let first = state.running.values.first else { return .refused(.noRunningDeal) }
      guard state.running.count == 1 else { return .refused(.ambiguousDeal) }
      running = first
    }
    if running.cancelRequested { return .refused(.cancelInProgress) }
    switch running.phase {
    case .starting: return .remembered(running.deal)
    case .handedOver: return .refused(.handoverInProgress)
    case .held: return .done(running.deal)
    }
  }

  /// Returns the listing that a command names. Deleted listings are not found.
  private func listing(of command: some CommandPayload) -> Listing? {
    guard let listing = state.listing, listing.id == command.id, !listing.isDeleted else { return nil }
    return listing
  }

  private func notYours(_ listing: Listing, _ caller: Caller?) -> Refusal? {
    caller.mayAct(for: listing.userid) ? nil : .notYours
  }

  /// Returns why its seller cannot change the listing; nil if it is open and as the sender saw it.
  private func refusal(of listing: Listing, _ seen: Seen) -> Refusal? {
    listing.closed ?? (seen.isTrue(of: listing) ? nil : .stale)
  }
}

extension TradeDecider {
  /// A former listing can be removed from the lists, nothing else.
  public static func decide(
    _ command: TradeCommand, ofFormer listing: Listing, _ caller: Caller?
  ) -> Event? {
    if !listing.isDeleted, !caller.mayAct(for: listing.userid) {
      return Event(refusing: command, .notYours, caller)
    }
    let refusal: Refusal?
    switch command {
    case .withdrawTrade(let command) where listing.isDeleted || !command.delete:
      refusal = listing.isDeleted ? .notFound : listing.closed
    case .withdrawTrade(let command):
      refusal = command.seen.isTrue(of: listing) ? nil : .stale
    case .changeTrade, .handover:
      refusal = listing.isDeleted ? .notFound : listing.closed
    case .listTrade:
      refusal = .duplicateId
    }
    if let refusal { return Event(refusing: command, refusal, caller) }
    var deleted = listing
    deleted.isDeleted = true
    return Event(.listing(.tradeDeleted, deleted), caller: caller)
  }
}

extension Seen {
  func isTrue(of listing: Listing) -> Bool {
    isTrue(version: listing.version, held: listing.held, sold: listing.sold)
  }
}
