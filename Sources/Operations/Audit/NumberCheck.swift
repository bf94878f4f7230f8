import Keys
import Lanes
import Market

/// Checks the numbers of each product, and that its reservations and its trade agree.
struct NumberCheck {
  let shard: Shard
  private(set) var running = 0
  private(set) var waiting = 0
  private(set) var finished = 0
  /// The status of each reservation that has not ended, according to the trade.
  private var standings: [Int: Status] = [:]
  private var held: Set<String> = []

  init(_ shard: Shard) { self.shard = shard }

  /// Returns whether an aggregate still holds a command, to finish it later.
  func holds(_ commandid: String) -> Bool { held.contains(commandid) }

  mutating func take(_ id: Int, _ trade: ProductTrade, _ state: ProductStock, _ findings: inout Findings) {
    let (product, store) = (Key.product(id, in: shard), Key.stock(id, in: shard))
    let stock = state.stock
    // Nil if its listing and its deals are older than the rule that only the seller may change the stock. Without a
    // listing, who sold the last one keeps what is left.
    if let seller = state.seller, let listing = trade.listing, seller != listing.userid {
      findings.addWhenIdle(
        .numbers, store, "It belongs to \(seller), but the seller is \(listing.userid).")
    }
    let sum = trade.running.values.reduce(0) { $0 + $1.deal.qty }
    if let listing = trade.listing {
      if listing.free < 0 {
        findings.add(
          .numbers, product, "Held \(listing.held) and sold \(listing.sold) exceed the \(listing.qty) listed."
        )
      }
      if listing.held != sum {
        findings.add(
          .numbers, product, "The listing holds \(listing.held), but its running deals make \(sum).")
      }
    }
    if let level = stock?.level, level.free < 0 || level.held < 0 {
      findings.add(.numbers, store, "Of \(level.qty) units \(level.held) are held: \(level.free) are free.")
    }
    if stock?.level.held ?? 0 != sum {
      findings.addWhenIdle(
        .numbers, store, "It holds \(stock?.level.held ?? 0) units, but the running deals make \(sum).")
    }
    if trade.onHand != stock?.level.qty {
      findings.addWhenIdle(
        .numbers, store,
        "It has \(named(stock?.level.qty)) units on hand, but the trade knows of \(named(trade.onHand)).")
    }
    if trade.owed != 0 {
      findings.addWhenIdle(
        .numbers, product, "Stock has not given out \(trade.owed) units of completed deals.")
    }
    for (id, deal) in trade.running {
      standings[id] = deal.phase == .awaitingReceipt ? .handedOver : .running
      if let caller = deal.handoverCaller { held.insert(caller.commandid) }
      if [.starting, .handedOver].contains(deal.phase) || deal.cancelRequested || deal.handoverCaller != nil {
        findings.addWhenIdle(
          .numbers, product, "The deal of reservation \(id) still waits for stock's answer.")
      }
    }
    for waiting in trade.line { standings[waiting.deal.reserveid] = .waiting }
    running += trade.running.count
    waiting += trade.line.count
    if let head = trade.line.first?.deal, trade.hasFree(head.qty) {
      findings.addWhenIdle(
        .numbers, product, "Reservation \(head.reserveid) waits, though its units are free.")
    }
  }

  /// Checks a reservation. Call this after all products were taken.
  mutating func take(_ reservation: Reservation, _ findings: inout Findings) {
    let id = reservation.deal.reserveid
    let key = Key.reservation(id, in: shard)
    if let canceler = reservation.canceler { held.insert(canceler.commandid) }
    if reservation.standing == .completed { finished += 1 }
    if reservation.cancelRequested {
      findings.addWhenIdle(.numbers, key, "A cancel is still pending with the trade worker.")
    }
    let standing = standings.removeValue(forKey: id)
    let agrees = standing.map { $0 == reservation.standing } ?? (reservation.ended != nil)
    if !agrees {
      let said = standing.map { "it is \($0.rawValue)" } ?? "there is no longer such a deal"
      findings.addWhenIdle(
        .numbers, key, "It is \(reservation.standing.rawValue), but the trade says \(said).")
    }
  }

  /// Reports deals without a reservation.
  func finish(_ findings: inout Findings) {
    for (id, standing) in standings {
      findings.addWhenIdle(
        .numbers, Key.reservation(id, in: shard),
        "It is missing, but the trade has it as \(standing.rawValue).")
    }
  }

  private func named(_ units: Int?) -> String { units.map { "\($0)" } ?? "no" }
}
