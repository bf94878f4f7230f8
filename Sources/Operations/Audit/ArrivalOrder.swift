import Keys
import Lanes
import Market

/// Checks that reservations are served in the order in which they arrived.
///
/// Its only rule: a deal can start only if no earlier reservation of the product is waiting. A reservation
/// that returns to the line for lack of stock regains its old place once the trade says that it waits again.
struct ArrivalOrder {
  private struct Product {
    /// When each reservation arrived.
    var arrivals: [Int: EntryID] = [:]
    /// The reservations that the trade has said are waiting.
    var waiting: Set<Int> = []
  }

  private var products: [Int: Product] = [:]

  mutating func take(_ entry: JournalEntry, in shard: Shard, _ findings: inout Findings) {
    guard case .deal(let step, let deal) = entry.event.fact else { return }
    let id = deal.reserveid
    var product = products.removeValue(forKey: deal.productid) ?? Product()
    switch step {
    case .reserveCompleted:
      product.arrivals[id] = entry.position
    case .tradeWaiting:
      product.waiting.insert(id)
    case .tradeStarted:
      product.waiting.remove(id)
      guard let arrival = product.arrivals[id] else { break }
      let passed = product.waiting.filter { product.arrivals[$0].map { $0 < arrival } ?? false }
      if let first = passed.min() {
        findings.add(
          .order, Key.product(deal.productid, in: shard),
          "TradeStarted at \(entry.position) let reservation \(id) pass \(first), which waited before it.")
      }
    case .tradeRejected, .tradeCanceled, .tradeCalledOff, .tradeExpired:
      product.waiting.remove(id)
      product.arrivals[id] = nil
    case .tradeCompleted:
      product.arrivals[id] = nil
    case .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted, .reserveArchived,
      .reserveForgotten, .handoverRequested,
      .cancelRefused, .tradeHandedOver, .tradeReminded, .tradeRescheduled, .tradeNext, .tradeTermsChanged,
      .codeRefused:
      break
    }
    products[deal.productid] = product
  }
}
