extension Decision<TradeDecider> {
  /// Rejects whoever has no hope left, then starts deals from the head until one has to wait.
  mutating func workLine() {
    let hopeless = state.line.filter { state.hopeless($0.deal.qty) != nil }
    for waiting in hopeless {
      emit(.deal(.tradeRejected, told(waiting.deal, state.hopeless(waiting.deal.qty))))
    }
    while let deal = state.line.first?.deal, state.obstacle(deal.qty) == nil {
      emit(.deal(.tradeStarted, told(deal)))
    }
  }

  /// Works the line, in which a deal has just taken its place; says so if it has to stay there.
  ///
  /// Only a new deal can find the line full: one that comes back had its place before.
  mutating func workLine(_ entered: Deal, isNew: Bool) {
    workLine()
    guard let head = state.line.first, state.isWaiting(entered.reserveid) else { return }
    if isNew && state.line.count > ProductTrade.lineLimit {
      emit(.deal(.tradeRejected, told(entered, .lineFull)))
    } else {
      // What stops the head stops everybody behind it.
      emit(.deal(.tradeWaiting, told(entered, state.obstacle(head.deal.qty))))
    }
  }

  /// A deal as it is told: with the listing it is in, and why.
  func told(_ deal: Deal, _ refusal: Refusal? = nil) -> Deal {
    var told = deal.withoutTerms
    told.tradeid = state.listing?.id
    told.seller = state.listing?.userid
    told.refusal = refusal
    return told
  }
}
