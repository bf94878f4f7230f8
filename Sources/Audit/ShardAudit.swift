import Lanes
import Layout
import Market
import Redis

/// The audit of one shard: reads its journal once, then what is stored, and lets every check see both.
struct ShardAudit {
  /// All that is left of it when it is done.
  struct Result {
    let shard: Shard
    var findings = Findings()
    var totals = AuditReport.Totals()
    var notes: [String] = []
  }

  private let shard: Shard
  private let contents: Keyspace.Contents
  private let connection: RedisConnection
  private var findings = Findings()
  private var totals = AuditReport.Totals()
  private var notes: [String] = []

  private var reservations: Histories<ReservationDecider>
  private var trades: Histories<TradeDecider>
  private var stocks: Histories<StockDecider>
  private var commands: CommandCheck
  private var notices: NoticeCheck
  private var mypage = MypageCheck()
  private var numbers: NumberCheck
  private var indexes: IndexCheck
  private var line = Line()
  /// The last listing of each product, by which its deals are decided.
  private var listings: [Int: Listing] = [:]
  private let journal: StreamState

  init(
    _ shard: Shard, _ contents: Keyspace.Contents, on connection: RedisConnection
  ) throws(RedisError) {
    self.shard = shard
    self.contents = contents
    self.connection = connection
    journal = try StreamState(of: Key.journal(of: shard), on: connection)
    reservations = Histories(shard, isTrimmed: journal.isTrimmed)
    trades = Histories(shard, isTrimmed: journal.isTrimmed)
    stocks = Histories(shard, isTrimmed: journal.isTrimmed)
    commands = CommandCheck(shard, since: journal.isTrimmed ? journal.first ?? journal.last : .zero)
    notices = NoticeCheck(shard)
    numbers = NumberCheck(shard)
    indexes = IndexCheck(shard)
    if journal.isTrimmed {
      let start = journal.first.map { "begins at \($0)" } ?? "is empty"
      notes.append(
        "The journal of shard \(shard.index) \(start): \(journal.added - journal.length) older events are gone, and with them some histories."
      )
    }
  }

  mutating func run() throws(RedisError) -> Result {
    // First how far the workers are: by then all their outcomes stand on the journal.
    let cursors = try cursors()
    let deadLetters = try DeadEntries(tag: shard.tag, on: connection)
    totals.deadLetters = deadLetters.count
    try connection.readPages(of: Key.journal(of: shard)) { (page) throws(RedisError) in
      try take(page)
    }
    reservations.finish()
    trades.finish()
    stocks.finish()
    try checkProducts()
    try checkReservations()
    try checkListings()
    numbers.finish(&findings)
    try indexes.finish(on: connection, &findings)
    try notices.finish(on: connection, &findings)
    let held = numbers
    let sum = try commands.finish(
      upTo: cursors, besides: deadLetters, isHeld: held.holds, on: connection, &findings)
    totals.commands = sum.commands
    totals.nameless = sum.nameless
    totals.finished = numbers.finished
    totals.running = numbers.running
    totals.waiting = numbers.waiting
    return Result(shard: shard, findings: findings, totals: totals, notes: notes)
  }

  private func cursors() throws(RedisError) -> [Worker: EntryID] {
    var cursors: [Worker: EntryID] = [:]
    for worker in Worker.allCases {
      let lane = LaneName(worker: worker.rawValue, tag: shard.tag)
      let text = try connection.call("HGET", lane.cursor, Key.commands(worker, in: shard)).text ?? ""
      cursors[worker] = EntryID(text.prefix { $0 != " " })
    }
    return cursors
  }

  private mutating func take(_ page: [StreamEntry]) throws(RedisError) {
    var entries: [JournalEntry] = []
    entries.reserveCapacity(page.count)
    for entry in page {
      do throws(FieldError) {
        entries.append(JournalEntry(event: try Event(fields: entry.fields), position: entry.id))
      } catch {
        findings.add(
          .unreadable, Key.journal(of: shard), "The entry \(entry.id) is no event: \(error.message)")
      }
    }
    for entry in entries {
      reservations.take(entry, &findings)
      trades.take(entry, &findings)
      stocks.take(entry, &findings)
      line.take(entry, in: shard, &findings)
      mypage.take(entry)
      if entry.event.caller != nil { totals.outcomes += 1 }
      if entry.event.isRefusal { totals.rejections += 1 }
    }
    totals.events += page.count
    try commands.take(entries, on: connection, &findings)
    try notices.take(entries, on: connection, &findings)
  }

  private mutating func checkProducts() throws(RedisError) {
    let ids = contents.products.union(contents.stocks).union(trades.ids).union(stocks.ids).sorted()
    var found: [Int: ProductTrade] = [:]
    try connection.askEach(ids) {
      Words("HGETALL", Key.product($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let key = Key.product(id, in: shard)
      found[id] = read(ProductTrade.self, try reply.get().fields, at: key, expected: trades.state(id))
    }
    try connection.askEach(ids) {
      Words("HGETALL", Key.stock($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let key = Key.stock(id, in: shard)
      let stock = read(Stock?.self, try reply.get().fields, at: key, expected: stocks.state(id))
      if let stock, let level = stock { indexes.take(level) }
      if let trade = found.removeValue(forKey: id), let stock {
        listings[id] = trade.listing
        numbers.take(id, trade, stock, &findings)
      }
    }
  }

  private mutating func checkReservations() throws(RedisError) {
    var page: [Reservation] = []
    let ids = contents.reservations.union(reservations.ids).sorted()
    try connection.askEach(ids) {
      Words("HGETALL", Key.reservation($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let key = Key.reservation(id, in: shard)
      let state = read(
        Reservation?.self, try reply.get().fields, at: key, expected: reservations.state(id),
        // Where an answer is wanted is not on the journal.
        besides: ["cancelreplyto"])
      guard let state, let reservation = state else { return }
      numbers.take(reservation, &findings)
      indexes.take(reservation)
      page.append(reservation)
    }
    try mypage.check(page, on: connection, &findings)
  }

  private mutating func checkListings() throws(RedisError) {
    let last = Set(listings.values.map(\.id))
    try connection.askEach(contents.trades.union(last).sorted()) {
      Words("HGETALL", Key.trade($0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      let (key, fields) = (Key.trade(id, in: shard), try reply.get().fields)
      do throws(FieldError) {
        let listing = try Listing(fields: fields)
        indexes.take(listing)
        guard let decided = listings[listing.productid], decided.id == id else { return }
        findings.compare(fields, with: decided.fields, at: key, besides: [])
      } catch {
        findings.addAtRest(.unreadable, key, "It is no listing: \(error.message)")
      }
    }
  }

  /// Reads a stored state and compares it with what its events make; nil where it cannot be read.
  private mutating func read<State: Stored>(
    _ type: State.Type, _ fields: Fields, at key: String, expected: State?, besides ignored: Set<String> = []
  ) -> State? {
    if let expected { findings.compare(fields, with: expected.fields, at: key, besides: ignored) }
    do throws(FieldError) {
      return try State(fields: fields)
    } catch {
      findings.add(.unreadable, key, "It holds what no worker wrote: \(error.message)")
      return nil
    }
  }
}
