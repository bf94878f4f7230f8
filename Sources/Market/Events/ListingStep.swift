/// What became of a listing.
public enum ListingStep: String, Step {
  case tradeListed = "TradeListed"
  case tradeChanged = "TradeChanged"
  case tradeWithdrawn = "TradeWithdrawn"
  /// One that had ended before disappears from the lists.
  case tradeDeleted = "TradeDeleted"
  /// Its seller is reminded of it.
  case listingReminded = "ListingReminded"

  public var worker: DecidingWorker { .trade }

  public var heardBy: Set<DecidingWorker> {
    switch self {
    case .tradeListed: [.stock]
    case .tradeChanged, .tradeWithdrawn, .tradeDeleted, .listingReminded: []
    }
  }

  public var audience: Set<DealRole> {
    switch self {
    case .tradeListed, .tradeChanged, .tradeWithdrawn, .listingReminded: [.seller]
    case .tradeDeleted: []
    }
  }

  /// Whether the status of the listing changes with it.
  public var movesStatus: Bool {
    switch self {
    case .tradeListed, .tradeWithdrawn: true
    case .tradeChanged, .tradeDeleted, .listingReminded: false
    }
  }
}
