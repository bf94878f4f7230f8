/// What stock did for a deal.
public enum HoldStep: String, CaseIterable, Sendable {
  case stockHeld = "StockHeld"
  case stockShort = "StockShort"
  case stockDecreased = "StockDecreased"
  case stockReleased = "StockReleased"

  public var status: Status {
    switch self {
    case .stockHeld: .stockHeld
    case .stockShort: .stockShort
    case .stockDecreased: .stockDecreased
    case .stockReleased: .stockReleased
    }
  }
}
