extension Decision<TradeDecider> {
  mutating func take(_ command: TradeCommand, _ caller: Caller?) {
    switch command {
    case .listTrade(let command): list(command, caller)
    case .changeTrade(let command): change(command, caller)
    case .withdrawTrade(let command): withdraw(command, caller)
    case .handover(let command): handOver(command, caller)
    case .cancelDeal(let command): callOff(command, caller)
    case .confirmReceipt(let command): confirmReceipt(command, caller)
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
    if command.confirm == .code, policy.codes == nil {
      return refuse(command, .codesOff, caller, userid: command.userid)
    }
    var listing = Listing(command)
    listing.remindAt = policy.listingReminder(after: now)
    emit(.listing(.tradeListed, listing), to: caller)
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
    // Less can be on sale than before: perhaps all of it is sold.
    if listing.closed != nil { listing.endedAt = now }
    emit(.listing(.tradeChanged, listing), to: caller)
    tellTerms()
  }

  /// The most deals that are told of a change of their listing, so that no commit becomes too large for it.
  private static let tellingLimit = 1000

  /// Tells the buyers that the listing has changed.
  private mutating func tellTerms() {
    let running = state.running.values.map(\.deal).sorted { $0.reserveid < $1.reserveid }
    for deal in (running + state.line.map(\.deal)).prefix(Self.tellingLimit) {
      emit(.deal(.tradeTermsChanged, annotated(deal)))
    }
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
    listing.endedAt = now
    emit(.listing(.tradeWithdrawn, listing), to: caller)
  }

  mutating func handOver(_ command: Handover, _ caller: Caller?) {
    guard let listing = listing(of: command) else { return refuse(command, .notFound, caller) }
    if let refusal = notYours(listing, caller) ?? (command.seen.isTrue(of: listing) ? nil : .stale) {
      return refuse(command, refusal, caller, userid: listing.userid)
    }
    let verdict = judge(command.reserveid)
    switch verdict {
    case .refused(let refusal):
      refuse(command, refusal, caller, userid: listing.userid)
    case .remembered(let deal), .done(let deal):
      if let refusal = check(command.code, of: deal) {
        return refuse(
          command, refusal, caller, userid: listing.userid,
          retryAt: state.running[deal.reserveid]?.deal.course.pausedUntil)
      }
      if case .remembered = verdict {
        emit(.deal(.handoverRequested, deal), askedBy: caller)
      } else {
        handOver(deal, caller)
      }
    }
  }

  /// The goods changed hands, which completes the deal unless its buyer has to confirm it.
  mutating func handOver(_ deal: Deal, _ caller: Caller?) {
    guard deal.confirm == .buyer else { return complete(deal, caller) }
    var deal = deal
    deal.course = policy.course(handedOverAt: now)
    emit(.deal(.tradeHandedOver, deal), to: caller)
  }

  /// Completes a deal, and says when if that sells the listing out: the event's own place on the journal is later.
  mutating func complete(_ deal: Deal, _ caller: Caller? = nil) {
    var deal = deal.atRest
    if let listing = state.listing, listing.sold + deal.qty == listing.qty { deal.course.soldOutAt = now }
    emit(.deal(.tradeCompleted, deal), to: caller)
  }

  /// Returns why a handover with this code is refused; nil if the deal needs none, or it is the right one. Counts
  /// wrong ones.
  private mutating func check(_ code: String?, of deal: Deal) -> Refusal? {
    guard deal.confirm == .code, let running = state.running[deal.reserveid] else { return nil }
    guard let codes = policy.codes else { return .codesOff }
    if let pausedUntil = deal.course.pausedUntil, now < pausedUntil { return .codePaused }
    guard let code else { return .codeNeeded }
    if code == codes.code(of: deal.reserveid, arrived: running.waiting.arrived) { return nil }
    var tried = deal
    tried.course.wrongCodes += 1
    tried.course.pausedUntil = nil
    if tried.course.wrongCodes >= policy.wrongCodes {
      tried.course.wrongCodes = 0
      tried.course.pausedUntil = now.advanced(by: policy.codePause)
    }
    emit(.deal(.codeRefused, tried))
    return .wrongCode
  }

  /// The seller ends a deal, waiting or running.
  private mutating func callOff(_ command: CancelDeal, _ caller: Caller?) {
    guard let listing = listing(of: command) else { return refuse(command, .notFound, caller) }
    if let refusal = notYours(listing, caller) ?? (command.seen.isTrue(of: listing) ? nil : .stale) {
      return refuse(command, refusal, caller, userid: listing.userid)
    }
    var deal: Deal
    if let running = state.running[command.reserveid] {
      if running.cancelRequested { return refuse(command, .cancelInProgress, caller, userid: listing.userid) }
      switch running.phase {
      // The stock has been asked for the units, so only its answer tells what to give back.
      case .starting: return refuse(command, .notStarted, caller, userid: listing.userid)
      case .handedOver: return refuse(command, .handoverInProgress, caller, userid: listing.userid)
      case .held, .awaitingReceipt: break
      }
      deal = running.deal
      deal.held = deal.qty
    } else if let waiting = state.waiting(command.reserveid) {
      deal = waiting.deal
    } else {
      return refuse(command, .notFound, caller, userid: listing.userid)
    }
    deal = annotated(deal).atRest
    deal.cause = command.reason
    emit(.deal(.tradeCalledOff, deal), to: caller)
  }

  private mutating func confirmReceipt(_ command: ConfirmReceipt, _ caller: Caller?) {
    guard let deal = state.running[command.id]?.deal ?? state.waiting(command.id)?.deal else {
      return refuse(command, .notFound, caller)
    }
    guard caller.mayAct(for: deal.userid) else {
      return refuse(command, .notYours, caller, userid: deal.userid)
    }
    guard state.running[command.id]?.phase == .awaitingReceipt else {
      return refuse(command, .notHandedOver, caller, userid: deal.userid)
    }
    complete(deal, caller)
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
        return .refused(state.waiting(reserveid) != nil ? .notStarted : .notFound)
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
    case .awaitingReceipt: return .refused(.alreadyHandedOver)
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
  /// A former listing can be removed from the lists, and go to the archive, nothing else.
  public static func decide(_ input: Input<TradeCommand>, ofFormer listing: Listing) -> Event? {
    switch input {
    case .command(let command, let caller): return decide(command, ofFormer: listing, caller)
    case .time(let timer):
      guard listing.hasEnded(timer) else { return nil }
      var archived = listing
      archived.isFormer = true
      return Event(.listing(.tradeArchived, archived))
    case .forget(let asked, let caller):
      var former = listing
      former.isFormer = true
      return forget(asked, in: former, caller)
    case .event: return nil
    }
  }

  /// Returns what forgets the seller of a listing that has ended; nil if it is not theirs, or still open.
  static func forget(_ asked: ForgetUser, in listing: Listing, _ caller: Caller?) -> Event? {
    guard listing.closed != nil, asked.means(listing.userid) else { return nil }
    var forgotten = listing
    forgotten.userid = Forgotten.user
    return Event(.listing(.tradeForgotten, forgotten), caller: caller)
  }

  private static func decide(
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
    // Its last deal ended before the next listing came.
    case .cancelDeal:
      refusal = .notFound
    // It names a reservation, not a listing.
    case .confirmReceipt:
      return nil
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
