/// What was done to a product's stock by hand.
public enum StockStep: String, CaseIterable, Sendable {
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
}
