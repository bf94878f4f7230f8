extension ProductTrade {
  mutating func apply(_ event: Event, at position: EntryID) {
    switch event.fact {
    case .deal(let step, let deal):
      apply(step, deal, event.asker, at: position)
    case .hold(let step, let deal, let level):
      onHand = level.isRegistered ? level.qty : nil
      apply(step, deal)
    case .stock(let step, let level):
      onHand = step.ends ? nil : level.qty
    case .listing(let step, let listing):
      // What becomes of a former listing does not change the present one.
      if step == .tradeListed || listing.id == self.listing?.id {
        self.listing = step == .tradeArchived ? nil : listing
      }
    case .rejected:
      break
    }
  }

  /// Changes what is told of a deal under way, wherever it is.
  private mutating func update(_ id: Int, _ change: (inout WaitingDeal) -> Void) {
    if running[id] != nil {
      if var deal = running[id]?.waiting {
        change(&deal)
        running[id]?.waiting = deal
      }
    } else if let place = line.firstIndex(where: { $0.deal.reserveid == id }) {
      change(&line[place])
    }
  }

  private mutating func apply(_ step: DealStep, _ deal: Deal, _ asker: Caller?, at position: EntryID) {
    let id = deal.reserveid
    switch step {
    case .reserveCompleted:
      enter(
        WaitingDeal(
          deal: deal.withoutTerms, arrived: position, reserveDt: deal.terms?.reserveDt ?? "",
          offer: deal.terms?.price))
    case .reserveChanged:
      if let date = deal.terms?.reserveDt { update(id) { $0.reserveDt = date } }
    case .reserveCancelRequested:
      running[id]?.cancelRequested = true
    case .handoverRequested:
      running[id]?.phase = .handedOver
      running[id]?.handoverCaller = asker
    case .tradeStarted:
      guard let waiting = leaveLine(id) else { return }
      var started = waiting
      started.deal = deal
      started.deal.price = nil
      running[id] = RunningDeal(waiting: started)
      listing?.held += deal.qty
    case .tradeRejected:
      leaveLine(id)
    case .tradeCanceled, .tradeCalledOff, .tradeExpired:
      if stop(id) == nil { leaveLine(id) }
    case .tradeHandedOver:
      running[id]?.phase = .awaitingReceipt
      running[id]?.handoverCaller = nil
      update(id) { $0.deal.course = deal.course }
    case .tradeWaiting, .tradeReminded, .tradeRescheduled, .codeRefused:
      update(id) { $0.deal.course = deal.course }
    case .tradeTermsChanged:
      update(id) { $0.deal.productname = deal.productname }
    case .tradeCompleted:
      guard stop(id) != nil else { return }
      listing?.sold += deal.qty
      if let soldOutAt = deal.course.soldOutAt { listing?.endedAt = soldOutAt }
      owed += deal.qty
    case .cancelRefused:
      // The buyer can still confirm the receipt.
      running[id]?.cancelRequested = false
    case .reserveCanceled, .reserveDeleted, .reserveArchived, .reserveForgotten, .tradeNext:
      break
    }
  }

  private mutating func apply(_ step: StockAnswer, _ deal: Deal) {
    switch step {
    case .stockHeld:
      running[deal.reserveid]?.phase = .held
      running[deal.reserveid]?.handoverCaller = nil
    case .stockShort:
      if var stopped = stop(deal.reserveid)?.waiting {
        stopped.deal.course = Course()
        stopped.deal.confirm = .none
        enter(stopped)
      }
    case .stockDecreased:
      owed -= deal.qty
    case .stockReleased:
      break
    }
  }

  /// Inserts a deal in the order of arrival: a new one goes to the end.
  private mutating func enter(_ waiting: WaitingDeal) {
    let place = line.lastIndex { $0.arrived < waiting.arrived }
    line.insert(waiting, at: place.map { $0 + 1 } ?? 0)
  }

  @discardableResult
  private mutating func leaveLine(_ reserveid: Int) -> WaitingDeal? {
    line.firstIndex { $0.deal.reserveid == reserveid }.map { line.remove(at: $0) }
  }

  private mutating func stop(_ reserveid: Int) -> RunningDeal? {
    guard let stopped = running.removeValue(forKey: reserveid) else { return nil }
    listing?.held -= stopped.deal.qty
    return stopped
  }
}
