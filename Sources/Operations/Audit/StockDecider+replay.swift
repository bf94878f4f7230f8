import Market

extension StockDecider: Replayable {
  static func begins(with event: Event) -> Bool {
    if case .stock(.stockRegistered, _) = event.fact { true } else { false }
  }

  static func permits(_ entry: JournalEntry, in state: ProductStock, after observed: Event?) -> Bool {
    switch entry.event.fact {
    // What was left over by its listing leaves with its withdrawal, which comes before it.
    case .stock(.stockArchived, _) where state.stock == nil:
      state.isLeftOver || observed?.archivesListing == true
    case .stock(let step, let level): permits(step, level, after: state.stock?.level, observed)
    case .hold(let step, let deal, let level):
      step.answers(observed, of: deal)
        && permits(step, deal, level, after: state.stock?.level ?? .unregistered(deal.productid))
    case .deal, .listing, .rejected: false
    }
  }

  private static func permits(
    _ step: StockStep, _ level: StockLevel, after old: StockLevel?, _ observed: Event?
  ) -> Bool {
    switch step {
    case .stockRegistered: old == nil && level.held == 0
    case .stockAdjusted:
      old?.id == level.id && old?.held == level.held && level.free >= 0
        && level.version.follows(old?.version ?? 1)
    case .stockWithdrawn: old == level && level.held == 0
    case .stockArchived: old == level && level.qty == 0 && observed?.archivesListing == true
    }
  }

  private static func permits(
    _ step: StockAnswer, _ deal: Deal, _ level: StockLevel, after old: StockLevel
  ) -> Bool {
    var expected = old
    switch step {
    case .stockShort:
      return old == level && old.free < deal.qty
    case .stockHeld:
      expected.held += deal.qty
    case .stockDecreased:
      expected.held -= deal.qty
      expected.qty -= deal.qty
      if level.version.follows(old.version) { expected.version = level.version }
    case .stockReleased:
      expected.held -= deal.held
    }
    return expected == level && level.free >= 0 && level.held >= 0
  }
}

extension Event {
  /// Whether a product's listing left, so that what is sold out leaves with it.
  fileprivate var archivesListing: Bool {
    if case .listing(.tradeArchived, let listing) = fact { !listing.isFormer } else { false }
  }
}

extension StockAnswer {
  /// Returns whether this is the stock worker's answer to `event`.
  fileprivate func answers(_ event: Event?, of deal: Deal) -> Bool {
    guard case .deal(let step, let asked) = event?.fact, asked.reserveid == deal.reserveid else {
      return false
    }
    return step.stockTask == task
  }
}
