/// What a seller did to a listing.
public enum ListingStep: String, Step {
  case tradeListed = "TradeListed"
  case tradeChanged = "TradeChanged"
  case tradeWithdrawn = "TradeWithdrawn"
  /// One that had ended before disappears from the lists.
  case tradeDeleted = "TradeDeleted"

  public var worker: DecidingWorker { .trade }

  public var heardBy: Set<DecidingWorker> {
    switch self {
    case .tradeListed: [.stock]
    case .tradeChanged, .tradeWithdrawn, .tradeDeleted: []
    }
  }

  /// Whether the status of the listing changes with it.
  public var movesStatus: Bool {
    switch self {
    case .tradeListed, .tradeWithdrawn: true
    case .tradeChanged, .tradeDeleted: false
    }
  }
}
