/// What was done to a product's stock by hand.
public enum StockStep: String, Step {
  case stockRegistered = "StockRegistered"
  case stockAdjusted = "StockAdjusted"
  case stockWithdrawn = "StockWithdrawn"
  /// One of which nothing is left went to the archive with its listing.
  case stockArchived = "StockArchived"

  public var status: Status {
    switch self {
    case .stockRegistered: .stockRegistered
    case .stockAdjusted: .stockAdjusted
    case .stockWithdrawn, .stockArchived: .stockWithdrawn
    }
  }

  /// Whether there is no stock after it.
  public var ends: Bool {
    switch self {
    case .stockWithdrawn, .stockArchived: true
    case .stockRegistered, .stockAdjusted: false
    }
  }

  public var worker: DecidingWorker { .stock }

  public var audience: Set<DealRole> {
    switch self {
    case .stockRegistered, .stockAdjusted, .stockWithdrawn: [.seller]
    case .stockArchived: []
    }
  }

  public var heardBy: Set<DecidingWorker> {
    switch self {
    case .stockRegistered, .stockAdjusted, .stockWithdrawn, .stockArchived: [.trade]
    }
  }
}
