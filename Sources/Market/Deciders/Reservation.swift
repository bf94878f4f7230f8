/// A buyer's reservation.
public struct Reservation: Hashable, Sendable {
  public var deal: Deal
  /// What the deal is, whatever is being asked for.
  public var standing: Status
  /// A cancel is before the trade's judgement: the lock on the reservation.
  public var cancelRequested = false
  /// Who waits for that cancel.
  public var canceler: Caller?

  public init(_ deal: Deal, standing: Status = .reserved) {
    self.deal = deal
    self.standing = standing
  }

  public var status: Status { cancelRequested ? .cancelRequested : standing }

  public var version: Int { deal.terms?.version ?? 1 }

  /// Whether it has disappeared from the lists.
  public var isDeleted: Bool { deal.delete && !cancelRequested && ended != nil }

  /// Why nothing can be done about it any more; nil until it has ended.
  public var ended: Refusal? {
    switch standing {
    case .completed: .alreadyCompleted
    case .canceled: .alreadyCanceled
    case .rejected: .alreadyRejected
    case .reserved, .waiting, .running, .cancelRequested, .onSale, .saleEnded, .stockRegistered,
      .stockAdjusted,
      .stockWithdrawn, .stockHeld, .stockShort, .stockDecreased, .stockReleased:
      nil
    }
  }
}
