/// What was done to a product's stock by hand.
public enum StockStep: String, Step {
  case stockRegistered = "StockRegistered"
  case stockAdjusted = "StockAdjusted"
  case stockWithdrawn = "StockWithdrawn"

  public var status: Status {
    switch self {
    case .stockRegistered: .stockRegistered
    case .stockAdjusted: .stockAdjusted
    case .stockWithdrawn: .stockWithdrawn
    }
  }

  public var worker: DecidingWorker { .stock }

  public var audience: Set<DealRole> { [.seller] }

  public var heardBy: Set<DecidingWorker> {
    switch self {
    case .stockRegistered, .stockAdjusted, .stockWithdrawn: [.trade]
    }
  }
}
