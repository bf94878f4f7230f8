/// What a seller did to a listing.
public enum ListingStep: String, CaseIterable, Sendable {
  case tradeListed = "TradeListed"
  case tradeChanged = "TradeChanged"
  case tradeWithdrawn = "TradeWithdrawn"
  /// One that had ended before disappears from the lists.
  case tradeDeleted = "TradeDeleted"
}
