extension Decision<TradeDecider> {
  /// Follows what the reservation asks for and what stock did.
  mutating func follow(_ event: Event) {
    let before = event.deal.flatMap { state.running[$0.reserveid] }
    observe(event)
    switch event.fact {
    case .deal(let step, let deal):
      follow(step, deal)
    case .hold(let step, let deal, _):
      if let before { follow(step, deal.reserveid, before) }
    case .stock, .listing, .rejected:
      break
    }
  }

  private mutating func follow(_ step: DealStep, _ deal: Deal) {
    switch step {
    case .reserveCompleted:
      workLine(deal, isNew: true)
    case .reserveCancelRequested:
      cancel(deal)
    case .reserveChanged:
      reschedule(deal.reserveid)
    case .reserveCanceled, .reserveDeleted, .reserveArchived, .reserveForgotten, .tradeStarted, .tradeWaiting,
      .tradeRejected, .handoverRequested,
      .tradeCompleted, .tradeCanceled, .cancelRefused, .tradeHandedOver, .tradeCalledOff, .tradeExpired,
      .tradeReminded, .tradeRescheduled, .tradeNext, .tradeTermsChanged, .codeRefused:
      break
    }
  }

  private mutating func follow(_ step: StockAnswer, _ reserveid: Int, _ before: RunningDeal) {
    switch step {
    case .stockHeld: settle(reserveid, before)
    case .stockShort: turnBack(before)
    case .stockDecreased, .stockReleased: break
    }
  }

  private mutating func cancel(_ asked: Deal) {
    if let running = state.running[asked.reserveid] {
      switch running.phase {
      // Until its units are held, the stock has not answered: the cancel is remembered.
      case .starting, .handedOver: break
      case .held: cancel(running.deal, held: running.deal.qty)
      case .awaitingReceipt: emit(.deal(.cancelRefused, annotated(running.deal, .alreadyHandedOver)))
      }
    } else if let waiting = state.waiting(asked.reserveid) {
      cancel(waiting.deal, held: 0)
    } else {
      // The present listing can be another one than the deal ended in.
      var refused = asked.withoutTerms
      refused.refusal = .alreadyEnded
      emit(.deal(.cancelRefused, refused))
    }
  }

  private mutating func cancel(_ deal: Deal, held: Int) {
    var canceled = annotated(deal).atRest
    canceled.held = held
    emit(.deal(.tradeCanceled, canceled))
  }

  /// The units are held: carries out what was asked before, the handover first.
  private mutating func settle(_ reserveid: Int, _ before: RunningDeal) {
    let deal = before.deal
    if before.phase == .handedOver {
      handOver(deal, before.handoverCaller)
      if before.cancelRequested {
        let refusal = deal.confirm == .buyer ? Refusal.alreadyHandedOver : .alreadyCompleted
        emit(.deal(.cancelRefused, annotated(deal, refusal)))
      }
    } else if before.cancelRequested {
      cancel(deal, held: deal.qty)
    }
  }

  /// The units were no longer there: the deal goes back into the line, unless a cancel is remembered.
  private mutating func turnBack(_ before: RunningDeal) {
    let deal = state.waiting(before.deal.reserveid)?.deal ?? before.deal
    if before.phase == .handedOver, let listing = state.listing {
      let rejection = Rejection(
        kind: .handover, id: listing.id, productid: deal.productid, refusal: .stockShort,
        userid: listing.userid)
      emit(.rejected(rejection), to: before.handoverCaller)
    }
    if before.cancelRequested {
      cancel(deal, held: 0)
    } else {
      workLine(deal, isNew: false)
    }
  }
}
