/// What happened. Indirect, because facts are large, and handed on from step to step.
public indirect enum Fact: Hashable, Sendable {
  /// A step of one reservation's deal that reservation or trade says.
  case deal(DealStep, Deal)
  /// What stock did for a deal, and the level after it.
  case hold(StockAnswer, Deal, StockLevel)
  /// What became of a listing.
  case listing(ListingStep, Listing)
  /// What became of a stock; the level after it, or the last one of a stock withdrawn.
  case stock(StockStep, StockLevel)
  /// A command was refused.
  case rejected(Rejection)
}
