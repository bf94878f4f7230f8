import Keys
import Lanes
import Market
import Redis

/// The audit of one shard: reads its journal once, then what is stored, and passes both to every check.
struct ShardAudit {
  /// The result of the audit of one shard.
  struct Result {
    let shard: Shard
    var findings = Findings()
    var totals = AuditReport.Totals()
    var notes: [String] = []
    var counters = CounterCheck()
  }

  let shard: Shard
  let contents: Keyspace.Contents
  let connection: any RedisLink
  var findings = Findings()
  var totals = AuditReport.Totals()
  var notes: [String] = []

  var reservations: Histories<ReservationDecider>
  var trades: Histories<TradeDecider>
  var stocks: Histories<StockDecider>
  var commands: CommandCheck
  var notices: NoticeCheck
  var mypage: MypageCheck
  var numbers: NumberCheck
  var indexes: IndexCheck
  var timers: TimerCheck
  var archive: ArchiveCheck
  var line = ArrivalOrder()
  var ids = IDCheck()
  /// The current listing of each product.
  var listings: [Int: Listing] = [:]
  private let journal: StreamState

  init(
    _ shard: Shard, _ contents: Keyspace.Contents, on connection: any RedisLink
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
    mypage = MypageCheck(shard)
    numbers = NumberCheck(shard)
    indexes = IndexCheck(shard)
    timers = TimerCheck(shard)
    archive = ArchiveCheck(shard)
    if journal.isTrimmed {
      let start = journal.first.map { "begins at \($0)" } ?? "is empty"
      notes.append(
        "The journal of shard \(shard.index) \(start): \(journal.added - journal.length) older events are gone, and some histories with them."
      )
    }
  }

  /// - Parameter shards: How many shards there are.
  mutating func run(among shards: Int) throws(RedisError) -> Result {
    // Read the cursors first: all outcomes of the commands before them are on the journal by now.
    let cursors = try cursors()
    let deadLetters = try DeadEntries(tag: shard.tag, on: connection)
    totals.deadLetters = deadLetters.count
    let replayed = try ReplayedEvents(shard, besides: deadLetters, on: connection, &findings)
    reservations.expect(replayed)
    trades.expect(replayed)
    stocks.expect(replayed)
    try connection.readPages(of: Key.journal(of: shard)) { (page) throws(RedisError) in
      try take(page)
    }
    reservations.finish(&findings)
    trades.finish(&findings)
    stocks.finish(&findings)
    try checkProducts()
    try checkReservations()
    try checkListings()
    numbers.finish(&findings)
    var counters = CounterCheck()
    try indexes.finish(
      withdrawn: contents.inventories, at: journal.last, on: connection, &counters, &findings)
    try timers.finish(at: journal.last, on: connection, &findings)
    try archive.finish(tombstones: contents.tombstones, shards: shards, on: connection, &findings)
    try notices.finish(on: connection, &findings)
    let held = numbers
    let sum = try commands.finish(
      upTo: cursors, besides: deadLetters, isHeld: held.holds, on: connection, &findings)
    totals.commands = sum.commands
    totals.nameless = sum.nameless
    totals.finished = numbers.finished
    totals.running = numbers.running
    totals.waiting = numbers.waiting
    // Retention can trim the journal while it is read; then the results are inconsistent.
    let journalNow = try StreamState(of: Key.journal(of: shard), on: connection)
    if journalNow.added - journalNow.length != journal.added - journal.length {
      findings = Findings()
      notes.append("The journal of shard \(shard.index) was trimmed while it was read: audit it again.")
    }
    return Result(shard: shard, findings: findings, totals: totals, notes: notes, counters: counters)
  }

  private func cursors() throws(RedisError) -> [DecidingWorker: EntryID] {
    var cursors: [DecidingWorker: EntryID] = [:]
    for worker in DecidingWorker.allCases {
      let lane = LaneName(worker: worker.rawValue, tag: shard.tag)
      let text = try connection.ask("HGET", lane.cursor, Key.commands(worker, in: shard)).text ?? ""
      cursors[worker] = EntryID(text.prefix { $0 != " " })
    }
    return cursors
  }

  private mutating func take(_ page: [StreamEntry]) throws(RedisError) {
    var entries: [JournalEntry] = []
    entries.reserveCapacity(page.count)
    for entry in page {
      do throws(FieldError) {
        entries.append(JournalEntry(event: try Event(fields: entry.fields()), position: entry.id))
      } catch {
        findings.add(
          .unreadable, Key.journal(of: shard), "The entry \(entry.id) is not an event: \(error.message)")
      }
    }
    for entry in entries {
      reservations.take(entry, &findings)
      trades.take(entry, &findings)
      stocks.take(entry, &findings)
      line.take(entry, in: shard, &findings)
      ids.take(entry, in: shard, &findings)
      mypage.take(entry)
      archive.take(entry)
      if entry.event.caller != nil { totals.outcomes += 1 }
      if entry.event.isRefusal { totals.rejections += 1 }
    }
    totals.events += page.count
    try commands.take(entries, on: connection, &findings)
    try notices.take(entries, on: connection, &findings)
  }
}
