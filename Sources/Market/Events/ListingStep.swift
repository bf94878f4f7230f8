/// What became of a listing.
public enum ListingStep: String, Step {
  case tradeListed = "TradeListed"
  case tradeChanged = "TradeChanged"
  case tradeWithdrawn = "TradeWithdrawn"
  /// One that had ended before disappears from the lists.
  case tradeDeleted = "TradeDeleted"
  /// Its seller is reminded of it.
  case listingReminded = "ListingReminded"
  /// One that had ended left Redis for the archive.
  case tradeArchived = "TradeArchived"
  /// The seller of one that had ended is replaced by a stand-in.
  case tradeForgotten = "TradeForgotten"

  public var worker: DecidingWorker { .trade }

  public var heardBy: Set<DecidingWorker> {
    switch self {
    case .tradeListed, .tradeArchived, .tradeForgotten: [.stock]
    case .tradeChanged, .tradeWithdrawn, .tradeDeleted, .listingReminded: []
    }
  }

  public var audience: Set<DealRole> {
    switch self {
    case .tradeListed, .tradeChanged, .tradeWithdrawn, .listingReminded: [.seller]
    case .tradeDeleted, .tradeArchived, .tradeForgotten: []
    }
  }

  /// Whether the status of the listing changes with it.
  public var movesStatus: Bool {
    switch self {
    case .tradeListed, .tradeWithdrawn: true
    case .tradeChanged, .tradeDeleted, .listingReminded, .tradeArchived, .tradeForgotten: false
    }
  }
}
