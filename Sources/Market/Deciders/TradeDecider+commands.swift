extension Decision<TradeDecider> {
  mutating func list(_ command: ListTrade, _ caller: Caller?) {
    if let last = state.listing {
      if last.id == command.id { return refuse(command, .duplicateId, caller, userid: command.userid) }
      if last.closed == nil { return refuse(command, .listingOpen, caller, userid: command.userid) }
    }
    say(.listing(.tradeListed, Listing(command)), to: caller)
  }

  mutating func change(_ command: ChangeTrade, _ caller: Caller?) {
    guard var listing = openListing(for: command, command.seen, caller) else { return }
    listing.qty = command.qty ?? listing.qty
    listing.price = command.price ?? listing.price
    listing.productname = command.productname ?? listing.productname
    listing.version += 1
    guard listing.free >= 0 else {
      return refuse(command, .belowCommitted, caller, userid: listing.userid)
    }
    say(.listing(.tradeChanged, listing), to: caller)
  }

  mutating func withdraw(_ command: WithdrawTrade, _ caller: Caller?) {
    guard var listing = openListing(for: command, command.seen, caller) else { return }
    guard state.running.isEmpty else {
      return refuse(command, .dealsRunning, caller, userid: listing.userid)
    }
    listing.withdrawn = true
    say(.listing(.tradeWithdrawn, listing), to: caller)
  }

  mutating func handOver(_ command: Handover, _ caller: Caller?) {
    guard let listing = state.listing, listing.id == command.id else {
      return refuse(command, .notFound, caller)
    }
    guard command.seen.isTrue(of: listing) else {
      return refuse(command, .stale, caller, userid: listing.userid)
    }
    switch handover(of: command.reserveid) {
    case .refused(let refusal):
      refuse(command, refusal, caller, userid: listing.userid)
    case .remembered(let deal):
      say(.deal(.handoverRequested, deal), askedBy: caller)
    case .done(let deal):
      say(.deal(.tradeCompleted, deal), to: caller)
    }
  }

  private enum Judgement {
    case done(Deal)
    case remembered(Deal)
    case refused(Refusal)
  }

  /// What a handover of this reservation's deal comes to, or of the only deal that runs.
  private func handover(of reserveid: Int?) -> Judgement {
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

  /// The open listing that a command of its seller names; says the refusal if there is none.
  private mutating func openListing(
    for command: some CommandPayload, _ seen: Seen, _ caller: Caller?
  ) -> Listing? {
    guard let listing = state.listing, listing.id == command.id else {
      refuse(command, .notFound, caller)
      return nil
    }
    if let refusal = listing.closed ?? (seen.isTrue(of: listing) ? nil : .stale) {
      refuse(command, refusal, caller, userid: listing.userid)
      return nil
    }
    return listing
  }
}

extension Seen {
  fileprivate func isTrue(of listing: Listing) -> Bool {
    isTrue(version: listing.version, held: listing.held, sold: listing.sold)
  }
}
