import Keys
import Lanes
import Market
import Operations
import Redis
import Testing

/// Audits of correct systems.
@Suite struct AuditTests {
  @Test(arguments: 1...8) func `an audit finds nothing after a random history`(seed: Int) throws {
    let bench = try Bench()
    var wishes = Wishes(seed: UInt64(seed), products: 6)
    bench.start()
    // Bursts, so that the workers' events interleave.
    var admitted = 0
    for burst in 1...30 {
      admitted += try bench.send((0..<burst).map { _ in wishes.next() }).filter { $0.error == nil }.count
    }
    let report = try bench.audit()
    #expect(report.isAtRest, "\(report.notes)")
    #expect(report.said == [])
    #expect(report.totals.commands == admitted && report.totals.outcomes == admitted)
    #expect(report.totals.rejections > 0)
  }

  @Test func `a random history has commands of every kind`() {
    var wishes = Wishes(seed: 1, products: 6)
    let kinds = (1...500).compactMap { _ in wishes.next()["type"] }
    #expect(Set(CommandKind.allCases.map(\.rawValue)).subtracting(kinds) == [])
  }

  @Test func `an audit finds nothing while the system is working`() throws {
    let bench = try Bench()
    var wishes = Wishes(seed: 7, products: 6)
    bench.start()
    for _ in 1...20 {
      try bench.send((0..<60).map { _ in wishes.next() })
      let report = try bench.audit(patience: .zero)
      #expect(report.said == [])
    }
  }

  @Test func `a repeated command has one outcome`() throws {
    let bench = try Bench()
    bench.start()
    let command = Fields.reserve(1, of: 1).with("commandid", "mine")
    try bench.send([command, command])
    try bench.send([command])
    let report = try bench.audit()
    #expect(report.said == [])
    #expect(report.totals.commands == 3 && report.totals.outcomes == 1)
  }

  @Test func `who is told of a stock is the seller of the last listing, whatever becomes of a former one`()
    throws
  {
    let bench = try Bench(shards: 1)
    try bench.settle([.register(7), .list(1, of: 7), ["type": "WithdrawTrade", "id": "1"]])
    try bench.settle([Fields.list(2, of: 7).with("userid", "another")])
    try bench.settle([["type": "WithdrawTrade", "id": "1", "delete": "1"]])
    try bench.settle([["type": "AdjustStock", "id": "7", "qty": "3"]])
    #expect(try bench.audit().said == [])
  }

  @Test func `what an older release ended does not tell when`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7), .reserve(2, of: 7, qty: 3)])
    bench.stop()
    let key = Key.reservation(2, in: Shard(0))
    let end = try #require(try bench.connection.call("HGET", key, "endedAt").string)
    try bench.connection.call("HSET", key, "endedAt", "2024-04-04T00:00:00.000Z")
    #expect(try bench.audit().said.contains { $0.contains("its events make it “\(end)”") })
    try bench.connection.call("HDEL", key, "endedAt")
    try bench.connection.call("DEL", Key.ended(.reserve, in: Shard(0)))
    #expect(try bench.audit().said == [])
  }

  @Test func `lanes that are behind are noted, but are no difference`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1)])
    bench.stop()
    try bench.send([.reserve(2, of: 1), .list(1, of: 1)])
    let report = try bench.audit(patience: .zero)
    #expect(!report.isAtRest && report.isClean)
    #expect(report.notes.contains("Not at rest: trade{0} is 1 entry behind."))
    #expect(report.notes.contains("Not at rest: reservation{0} is 1 entry behind."))
  }

  @Test func `a trimmed journal is noted, but is no difference`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1), .list(1, of: 1), .register(1)])
    bench.stop()
    try bench.connection.call("XTRIM", "{0}:events", "MAXLEN", "2")
    let report = try bench.audit()
    #expect(report.said == [])
    #expect(report.notes.count == 1 && report.notes[0].contains("older events are gone"))
  }

  @Test func `the report is available as text and as JSON`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1), .list(1, of: 1), .register(1)])
    try bench.settle([["type": "Handover", "id": "1"]])
    bench.stop()
    try bench.connection.call("HINCRBY", "{0}:stock:1", "qty", "1")
    let report = try bench.audit()
    #expect(report.text.contains("state: {0}:stock:1: qty is “1”, but its events make it “0”."))
    #expect(report.text.contains("\n\(report.differenceCount) differences.\n\nNot checked:\n"))
    #expect(report.text.hasSuffix(try #require(report.unchecked.last)))
    #expect(report.bytesPerFinishedDeal ?? 0 > 1000)
    #expect(try report.json.contains(#""differenceCount" : \#(report.differenceCount)"#))
  }
}
