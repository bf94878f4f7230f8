/// What stock did for a deal.
public enum StockAnswer: String, Step {
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

  public var worker: DecidingWorker { .stock }

  public var heardBy: Set<DecidingWorker> {
    switch self {
    case .stockHeld, .stockShort, .stockDecreased, .stockReleased: [.trade]
    }
  }

  public var audience: Set<DealRole> { [.buyer, .seller] }

  /// The task that it carries out.
  public var task: DealStep.StockTask {
    switch self {
    case .stockHeld, .stockShort: .hold
    case .stockDecreased: .giveOut
    case .stockReleased: .release
    }
  }
}
