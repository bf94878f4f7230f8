/// Everything the trade worker knows of one product: the listing, the stock, the deals and the line.
public struct ProductTrade: Hashable, Sendable {
  /// The most deals that can wait for one product.
  public static let lineLimit = 50

  /// The last listing, open or not.
  public internal(set) var listing: Listing?
  /// The units on hand as the stock last reported; nil while none is registered.
  public internal(set) var onHand: Int?
  /// Units of completed deals that the stock has not reported as gone yet.
  public internal(set) var owed = 0
  /// The deals that run, by reservation.
  public internal(set) var running: [Int: RunningDeal] = [:]
  /// The deals that wait, in the order they arrived.
  public internal(set) var line: [WaitingDeal] = []

  public init() {}

  /// What is due when, by reservation and for the listing.
  public var timers: [Timer] {
    running.values.flatMap(\.timers) + line.flatMap(\.timers) + (listing?.timers ?? [])
  }

  /// Returns the deal of a reservation that waits; nil if it does not.
  public func waiting(_ reserveid: Int) -> WaitingDeal? {
    line.first { $0.deal.reserveid == reserveid }
  }

  /// Returns whether another deal of the same buyer waits.
  func isWaiting(besides deal: Deal) -> Bool {
    line.contains { $0.deal.isOther(than: deal) }
  }

  /// Returns whether another deal of the same buyer runs.
  func isRunning(besides deal: Deal) -> Bool {
    running.values.contains { $0.deal.isOther(than: deal) }
  }

  /// Returns why a deal of `qty` units can never be met; nil while it still can.
  func hopeless(_ qty: Int) -> Refusal? {
    if let listing {
      if let closed = listing.closed { return closed }
      if qty > listing.qty - listing.sold { return .exceedsListing }
    }
    if let onHand, qty > onHand - owed { return onHand == owed ? .soldOut : .exceedsStock }
    return nil
  }

  /// Returns why a deal of `qty` units at the head of the line cannot start now; nil if it can.
  func obstacle(_ qty: Int) -> Refusal? {
    guard let listing else { return .noListing }
    guard let onHand else { return .noStock }
    // Running deals count as held in the listing, whether the stock has answered yet or not.
    return qty <= min(listing.free, onHand - owed - listing.held) ? nil : .notFree
  }
}

extension Deal {
  /// Returns whether it is another deal of the same buyer.
  fileprivate func isOther(than deal: Deal) -> Bool {
    reserveid != deal.reserveid && userid.utf8.elementsEqual(deal.userid.utf8)
  }
}
