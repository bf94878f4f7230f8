import Keys
import Lanes
import Market
import Redis

/// Compares what is stored in the shard with what its events make, and for consistency.
extension ShardAudit {
  mutating func checkProducts() throws(RedisError) {
    let ids = contents.products.union(contents.stocks).union(trades.ids).union(stocks.ids).sorted()
    var found: [Int: ProductTrade] = [:]
    try connection.askEach(ids) {
      RESPWords("HGETALL", Key.product($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let key = Key.product(id, in: shard)
      found[id] = read(ProductTrade.self, try reply.get(), at: key, expected: trades.state(id))
    }
    try connection.askEach(ids) {
      RESPWords("HGETALL", Key.stock($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let key = Key.stock(id, in: shard)
      let stock = read(
        ProductStock.self, try reply.get(), at: key, expected: stocks.state(id),
        // Both can be older than the first event on the journal; the seller is compared with the listing.
        besides: ["seller", "leftover"])
      if let stock = stock?.stock { indexes.take(stock) }
      if let trade = found.removeValue(forKey: id), let stock {
        listings[id] = trade.listing
        timers.take(trade)
        numbers.take(id, trade, stock, &findings)
      }
    }
  }

  mutating func checkReservations() throws(RedisError) {
    var page: [Reservation] = []
    let ids = contents.reservations.union(reservations.ids).sorted()
    try connection.askEach(ids) {
      RESPWords("HGETALL", Key.reservation($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let key = Key.reservation(id, in: shard)
      let state = read(
        Reservation?.self, try reply.get(), at: key, expected: reservations.state(id),
        // Where to send the answer is not on the journal.
        besides: ["cancelreplyto"],
        // An older release did not note when it ended; see `OlderEnds`.
        whereFound: ["endedAt"])
      guard let state, let reservation = state else { return }
      numbers.take(reservation, &findings)
      indexes.take(reservation)
      timers.take(reservation)
      page.append(reservation)
    }
    try mypage.check(page, on: connection, &findings)
  }

  mutating func checkListings() throws(RedisError) {
    var expected = Dictionary(trades.former.map { ($0.id, $0) }) { $1 }
    for listing in listings.values { expected[listing.id] = listing }
    try connection.askEach(contents.trades.union(expected.keys).sorted()) {
      RESPWords("HGETALL", Key.trade($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let (key, found) = (Key.trade(id, in: shard), try reply.get())
      do throws(FieldError) {
        let fields = try Fields(reading: found)
        if let listing = expected[id] {
          findings.compare(fields, with: listing.fields, at: key, besides: [])
          // A missing listing is still expected in the index.
          if fields.isEmpty {
            timers.take(listing)
            return indexes.take(listing)
          }
        }
        let listing = try Listing(fields: fields)
        indexes.take(listing)
        timers.take(listing)
      } catch {
        findings.addWhenIdle(.unreadable, key, "It is not a listing: \(error.message)")
      }
    }
  }

  /// Reads a stored state and compares it with what its events make. Returns nil if it cannot be read.
  ///
  /// - Parameters:
  ///   - ignored: Fields that are not compared.
  ///   - optional: Fields that are compared only if they are stored.
  private mutating func read<State: Stored>(
    _ type: State.Type, _ found: Reply, at key: String, expected: State?, besides ignored: Set<String> = [],
    whereFound optional: Set<String> = []
  ) -> State? {
    do throws(FieldError) {
      let fields = try Fields(reading: found)
      let ignored = ignored.union(optional.filter { fields[$0] == nil })
      if let expected { findings.compare(fields, with: expected.fields, at: key, besides: ignored) }
      return try State(fields: fields)
    } catch {
      findings.add(.unreadable, key, "It holds what no worker wrote: \(error.message)")
      return nil
    }
  }
}
