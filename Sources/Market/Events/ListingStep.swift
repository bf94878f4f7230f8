/// What a seller did to a listing.
public enum ListingStep: String, CaseIterable, Sendable {
  case tradeListed = "TradeListed"
  case tradeChanged = "TradeChanged"
  case tradeWithdrawn = "TradeWithdrawn"
}
