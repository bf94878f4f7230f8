/// Everything the trade worker knows of one product: the listing, the stock, the deals and the line.
public struct ProductTrade: Hashable, Sendable {
  /// The most deals that may wait for one product.
  public static let lineLimit = 50

  /// The last listing, open or not.
  public internal(set) var listing: Listing?
  /// The units on hand as stock last told; nil while none is registered.
  public internal(set) var onHand: Int?
  /// Units of completed deals that stock has not told to be gone yet.
  public internal(set) var owed = 0
  /// The deals that run, by reservation.
  public internal(set) var running: [Int: RunningDeal] = [:]
  /// The deals that wait, in the order they arrived.
  public internal(set) var line: [WaitingDeal] = []

  public init() {}

  func isWaiting(_ reserveid: Int) -> Bool {
    line.contains { $0.deal.reserveid == reserveid }
  }

  /// Why a deal of `qty` units can never be met any more; nil while it may be.
  func hopeless(_ qty: Int) -> Refusal? {
    if let listing {
      if let closed = listing.closed { return closed }
      if qty > listing.qty - listing.sold { return .exceedsListing }
    }
    if let onHand, qty > onHand - owed { return onHand == owed ? .soldOut : .exceedsStock }
    return nil
  }

  /// Why a deal of `qty` units cannot start now, were it first in the line; nil if it can.
  func obstacle(_ qty: Int) -> Refusal? {
    guard let listing else { return .noListing }
    guard let onHand else { return .noStock }
    // What runs is held by the listing, whether stock has come to it yet or not.
    return qty <= min(listing.free, onHand - owed - listing.held) ? nil : .notFree
  }
}
