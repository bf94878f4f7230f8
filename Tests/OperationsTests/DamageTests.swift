import Keys
import Market
import Operations
import Redis
import Testing

/// Audits of systems that were damaged by hand: reservation 1 is completed, 2 is running, 3 waits, 4 is
/// canceled and deleted.
@Suite struct DamageTests {
  private func damaged(_ command: String...) throws -> (Bench, AuditReport) {
    let bench = try Bench(shards: 1)
    try bench.settle((1...4).map { .reserve($0, of: 7) } + [.list(9, of: 7, qty: 3), .register(7, qty: 2)])
    try bench.settle([
      ["type": "Handover", "id": "9", "reserveid": "1"], ["type": "CancelReserve", "id": "4", "delete": "1"],
    ])
    bench.stop()
    try #require(try bench.audit().said == [])
    var words = RESPWords()
    for word in command { words.add(word) }
    var commands = Commands()
    commands.add(words)
    for reply in try bench.connection.exchange(commands) { try reply.get() }
    return (bench, try bench.audit())
  }

  @Test func `an audit finds a changed status`() throws {
    let (_, report) = try damaged("HSET", "{0}:reserve:2", "status", "거래완료")
    #expect(
      report.said == [
        "state {0}:reserve:2: status is “거래완료”, but its events make it “거래진행중”.",
        "numbers {0}:reserve:2: It is 거래완료, but the trade says it is 거래진행중.",
        "mypage {0}:mypage:0 2: status is “거래진행중”, but must be “거래완료”.",
      ])
  }

  @Test func `an audit finds a changed stock quantity`() throws {
    let (_, report) = try damaged("HINCRBY", "{0}:stock:7", "qty", "1")
    #expect(
      report.said == [
        "state {0}:stock:7: qty is “2”, but its events make it “1”.",
        "numbers {0}:stock:7: It has 2 units on hand, but the trade knows of 1.",
      ])
  }

  @Test func `an audit finds a missing running deal`() throws {
    let (_, report) = try damaged("HDEL", "{0}:product:7", "running:2")
    #expect(report.codes == [.state, .numbers, .timer])
    #expect(report.said.contains("numbers {0}:product:7: The listing holds 1, but its running deals make 0."))
    #expect(
      report.said.contains(
        "numbers {0}:reserve:2: It is 거래진행중, but the trade says there is no longer such a deal."))
  }

  @Test func `an audit finds a missing reservation`() throws {
    let (_, report) = try damaged("DEL", "{0}:reserve:3")
    #expect(report.said.contains("state {0}:reserve:3: It is missing, though its events made it."))
    #expect(report.said.contains("numbers {0}:reserve:3: It is missing, but the trade has it as 예약대기."))
    #expect(
      report.said.contains("index {0}:reserves: 3 is listed, but there is no such reserve, or it is deleted.")
    )
  }

  @Test(arguments: [
    ("{0}:reserves", "1", "index {0}:reserves: 1 is missing: reserve 1 exists."),
    ("{0}:trades", "9", "index {0}:trades: 9 is missing: trade 9 exists."),
    ("{0}:inventories", "7", "index {0}:inventories: 7 is missing: inventory 7 exists."),
  ])
  func `an audit finds an item that is missing from its index`(index: String, member: String, said: String)
    throws
  {
    let (_, report) = try damaged("ZREM", index, member)
    #expect(report.said == [said])
  }

  @Test func `an audit finds a deleted reservation that is still listed`() throws {
    let (_, report) = try damaged("ZADD", "{0}:reserves", "4", "4")
    #expect(
      report.said == ["index {0}:reserves: 4 is listed, but there is no such reserve, or it is deleted."])
  }

  @Test func `an audit finds a deleted trade that is still listed`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.list(9, of: 7), ["type": "WithdrawTrade", "id": "9", "delete": "1"]])
    bench.stop()
    try #require(try bench.audit().said == [])
    try bench.connection.call("ZADD", "{0}:trades", "9", "9")
    #expect(
      try bench.audit().said == [
        "index {0}:trades: 9 is listed, but there is no such trade, or it is deleted."
      ])
  }

  @Test func `an audit finds a directory entry with the wrong product`() throws {
    let (_, report) = try damaged("SET", "id:{reserve:1}", "8")
    #expect(report.said == ["directory id:{reserve:1}: It is “8”, but the reserve is of product 7."])
  }

  @Test func `an audit finds a missing directory entry of an inventory`() throws {
    let (_, report) = try damaged("DEL", "{0}:inventory:7")
    #expect(report.said == ["directory {0}:inventory:7: It is absent, but the inventory is of product 7."])
  }

  @Test func `an audit finds an item id that was used twice`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.list(9, of: 7), ["type": "WithdrawTrade", "id": "9"]])
    bench.stop()
    try bench.connection.call(
      "XADD", "{0}:events", "*", "type", "TradeListed", "id", "9", "productid", "8", "userid", "thief",
      "productname", "책", "qty", "1", "price", "1", "status", "판매중")
    let report = try bench.audit(patience: .zero)
    #expect(
      report.said.contains {
        $0.contains("TradeListed at ") && $0.contains("made the trade 9, which was made at ")
      })
  }

  @Test func `an audit finds a reused command id whose rejection is missing`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7).with("commandid", "mine")])
    try bench.settle([.reserve(2, of: 7).with("commandid", "mine")])
    bench.stop()
    try #require(try bench.audit().said == [])
    let last = try bench.connection.call("XREVRANGE", "{0}:events", "+", "-", "COUNT", "1")
    try #require(last[0]?[1]?.compactMap(\.string).contains("commandIdReused") == true)
    // Remove it, and correct the journal's count, as if it had never been emitted.
    try bench.connection.call("XDEL", "{0}:events", last[0]?[0]?.string ?? "")
    let length = try bench.connection.call("XLEN", "{0}:events").integer ?? 0
    let before = try bench.connection.call("XREVRANGE", "{0}:events", "+", "-", "COUNT", "1")
    try bench.connection.call(
      "XSETID", "{0}:events", before[0]?[0]?.string ?? "", "ENTRIESADDED", "\(length)", "MAXDELETEDID", "0-0")
    let report = try bench.audit(patience: .zero)
    #expect(
      report.said.contains { $0.contains("came under the id mine of another command, but was not refused.") })
  }

  @Test func `an audit finds a missing operation record`() throws {
    let (_, report) = try damaged("DEL", "{0}:operation:c1")
    #expect(report.codes == [.operation])
    #expect(report.differenceCount == 1)
    #expect(
      report.said[0].hasPrefix("operation {0}:operation:c1: It is missing, though ReserveCompleted at "))
  }

  @Test func `an audit finds an operation record with the wrong outcome`() throws {
    let (_, report) = try damaged("SET", "{0}:operation:c1", "rejected\tCommandRejected\treason\tnotFound")
    #expect(report.differenceCount == 1)
    #expect(report.said[0].contains("It says rejected CommandRejected notFound, but ReserveCompleted at "))
  }

  /// A former listing decides nothing, but clients can still read it.
  @Test func `an audit checks former listings too`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7), .register(7, qty: 3)])
    try bench.settle([
      ["type": "Handover", "id": "9"], .list(10, of: 7), ["type": "WithdrawTrade", "id": "10"],
    ])
    try bench.settle([.list(11, of: 7)])
    bench.stop()
    try #require(try bench.audit().said == [])
    try bench.connection.call("HSET", "{0}:trade:9", "status", "판매중")
    try bench.connection.call("DEL", "{0}:trade:10")
    #expect(
      try bench.audit().said == [
        "state {0}:trade:9: status is “판매중”, but its events make it “거래완료”.",
        "state {0}:trade:10: It is missing, though its events made it.",
      ])
  }

  /// A stale page must not have changed anything.
  @Test func `an audit finds a change that was accepted from a stale page`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.list(9, of: 7)])
    bench.stop()
    try bench.send([
      ["type": "ChangeTrade", "id": "9", "price": "5", "version": "1", "held": "0", "commandid": "stale"]
    ])
    try bench.connection.call(
      "XADD", "{0}:events", "*", "type", "TradeChanged", "id", "9", "productid", "7", "userid", "seller7",
      "productname", "중고 책상", "qty", "1", "price", "5", "held", "1", "status", "거래진행중", "version", "4",
      "commandid", "stale")
    let last = try bench.connection.call("XREVRANGE", "{0}:trade.commands", "+", "-", "COUNT", "1")
    try bench.connection.call(
      "HSET", "{0}:cursor:trade", "{0}:trade.commands", "\(last[0]?[0]?.string ?? "") 2")
    let all = try bench.audit(patience: .zero).said
    let said = all.filter { $0.contains("its sender saw") }
    #expect(said.count == 2, "\(all)")
    #expect(said.contains { $0.hasSuffix("its sender saw version 1 where it was 3.") })
    #expect(said.contains { $0.hasSuffix("its sender saw held 0 where it was 1.") })
  }

  /// Only reading the stream shows what is missing: neither lags nor dead letters do.
  @Test func `an audit finds entries that were removed before they were read`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7)])
    bench.stop()
    try bench.send([.reserve(2, of: 7), .reserve(3, of: 7)])
    try bench.connection.call("XADD", "stock.commands", "*", "type", "RegisterStock")
    try bench.connection.call("XADD", "stock.commands", "MAXLEN", "0", "*", "a", "b")
    let second = try bench.connection.call("XREVRANGE", "{0}:reservation.commands", "+", "-", "COUNT", "1")
    try bench.connection.call("XDEL", "{0}:reservation.commands", second[0]?[0]?.string ?? "")
    let report = try bench.audit(patience: .zero)
    #expect(
      Set(report.said) == [
        "lost stock.commands: 2 entries were removed before stock{stock.commands} had read them.",
        "lost {0}:reservation.commands: 1 entry was removed before reservation{0} had read it.",
      ])
  }

  @Test func `an audit finds a stream whose history was lost`() throws {
    let (bench, _) = try damaged("DEL", "{0}:reservation.commands")
    try bench.connection.call("XADD", "{0}:reservation.commands", "*", "type", "Reserve")
    let lost = try bench.audit(patience: .zero).said.filter { $0.hasPrefix("lost {0}:reservation.commands") }
    #expect(lost.count == 1 && lost[0].hasSuffix("its history was lost."), "\(lost)")
  }

  @Test func `an audit finds an event that was written twice`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7), .register(7)])
    try bench.settle([["type": "Handover", "id": "9"]])
    let done = try bench.connection.call("XREVRANGE", "{0}:events", "+", "-", "COUNT", "2")
    var words = RESPWords("XADD", "{0}:events", "*")
    for word in done[1]?[1] ?? done { words.add(word.string ?? "") }
    var commands = Commands()
    commands.add(words)
    for reply in try bench.connection.exchange(commands) { try reply.get() }
    let report = try bench.audit()
    #expect(report.codes.isSuperset(of: [.command, .history]))
    #expect(report.said.contains { $0.contains("Handover c4, has 2 outcomes on the journal.") })
    #expect(report.said.contains { $0.contains("TradeCompleted at ") && $0.contains("cannot follow") })
  }

  @Test func `a removed first event is noted like a trimmed journal`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7)])
    bench.stop()
    let first = try bench.connection.call("XRANGE", "{0}:events", "-", "+", "COUNT", "1")
    try bench.connection.call("XDEL", "{0}:events", first[0]?[0]?.string ?? "")
    // A removed event looks like a trimmed one, so checks that need the journal's beginning are skipped.
    let report = try bench.audit()
    #expect(report.notes.count == 1)
  }

  @Test func `an audit finds a deal that overtook an earlier one`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .reserve(2, of: 7)])
    bench.stop()
    try bench.connection.call(
      "XADD", "{0}:events", "*", "type", "TradeStarted", "reserveid", "2", "productid", "7", "userid",
      "buyer2",
      "productname", "중고 책상", "qty", "1", "reserveDt", "2024-04-04", "address", "서울", "price", "1000",
      "tradeid", "9", "seller", "seller7", "status", "거래진행중")
    let report = try bench.audit(patience: .zero)
    #expect(report.codes == [.history, .order])
    #expect(report.said.contains { $0.contains("let reservation 2 pass 1, which waited before it.") })
  }

  @Test func `an audit finds a decided command without an outcome`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7)])
    bench.stop()
    try bench.send([.reserve(2, of: 7)])
    let last =
      try bench.connection.call("XREVRANGE", "{0}:reservation.commands", "+", "-")[0]?[0]?.string ?? ""
    try bench.connection.call("HSET", "{0}:cursor:reservation", "{0}:reservation.commands", "\(last) 2")
    try bench.connection.call(
      "XGROUP", "SETID", "{0}:reservation.commands", "reservation", last, "ENTRIESREAD", "2")
    #expect(
      try bench.audit().said == [
        "command {0}:reservation.commands: \(last), Reserve c2, was decided, but has no outcome on the journal."
      ])
  }

  @Test func `an audit finds a status that was announced twice`() throws {
    let (bench, _) = try damaged("PING")
    let first = try bench.connection.call("XRANGE", "{0}:status", "-", "+", "COUNT", "2")
    try bench.connection.call("XADD", "{0}:status", "*", "position", first[1]?[1]?[5]?.string ?? "")
    let report = try bench.audit()
    #expect(report.codes == [.status] && report.differenceCount == 1)
    #expect(report.said[0].hasSuffix("again, or an event that nobody is told of."))
  }

  @Test func `an audit finds a status that was not announced`() throws {
    let (bench, _) = try damaged("PING")
    let second = try bench.connection.call("XRANGE", "{0}:status", "-", "+", "COUNT", "2")[1]?[0]?.string
    try bench.connection.call("XDEL", "{0}:status", second ?? "")
    let report = try bench.audit()
    #expect(report.codes == [.status] && report.differenceCount == 1)
    #expect(report.said[0].hasSuffix("was not announced."))
  }
}
