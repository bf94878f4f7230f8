/// What was done to a product's stock by hand.
package enum StockStep: String, Step {
  case stockRegistered = "StockRegistered"
  case stockAdjusted = "StockAdjusted"
  case stockWithdrawn = "StockWithdrawn"

  package var status: Status {
    switch self {
    case .stockRegistered: .stockRegistered
    case .stockAdjusted: .stockAdjusted
    case .stockWithdrawn: .stockWithdrawn
    }
  }

  package var worker: DecidingWorker { .stock }

  package var heardBy: Set<DecidingWorker> {
    switch self {
    case .stockRegistered, .stockAdjusted, .stockWithdrawn: [.trade]
    }
  }
}
