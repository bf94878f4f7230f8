import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing
import Workers

@testable import Operations

/// What has ended leaves Redis for the archive, and what remains of it is audited.
@Suite struct ArchiveTests {
  private static func keys(_ bench: Bench) throws -> Set<String> {
    var keys: Set<String> = []
    try bench.connection.scanPages { keys.formUnion($0) }
    let kept = [
      "cursor", "lease", "events", "status", "operation", "notices", "ids", "attempts", "replicas",
    ]
    return keys.filter {
      !kept.contains(Keyspace.Name($0).kind) && !$0.hasSuffix(".commands") && !$0.hasPrefix("handover:")
    }
  }

  private static func archive(_ bench: Bench) throws -> [Fields] {
    try bench.connection.call("XRANGE", Key.archive(of: Shard(0)), "-", "+").map {
      Fields(shown: $0[1] ?? .null)
    }
  }

  private static func outcome(_ bench: Bench, _ commandid: String) throws -> String {
    try bench.connection.call("GET", Key.operation(commandid, in: Shard(0))).string ?? ""
  }

  @Test func `of a deal that has left, only its record, tombstones and small entries remain`() throws {
    let bench = try Bench.left()
    // People have chosen the ids: their entries stay, as a door could make the ids again.
    let keys = try Self.keys(bench).subtracting(["id:{reserve:1}", "id:{trade:9}", "id:{inventory:7}"])
    #expect(
      keys == [
        "{0}:archive", "{0}:archived:reserve:0", "{0}:archived:trade:0", "{0}:archived:inventory:0",
        "directory:{reserve:0}", "directory:{trade:0}", "directory:{inventory:0}",
      ])
    let records = try Self.archive(bench)
    #expect(Set(records.map { $0["entity"] }) == ["reserve", "trade", "inventory"])
    for record in records {
      #expect(record["productid"] == "7" && record["endedAt"] != nil)
      #expect(
        try ArchiveRecord(record, at: .zero, in: Shard(0)).fields == record, "its golden file is another")
      let stored = try #require(Fields(packed: record["record"] ?? ""))
      #expect(stored["productid"] == "7")
    }
    let reservation = try #require(records.first { $0["entity"] == "reserve" })
    let stored = try Reservation(fields: Fields(packed: reservation["record"] ?? "") ?? [:])
    #expect(stored.standing == .completed && stored.deal.userid == "buyer1")
    #expect(stored.endedAt?.description == reservation["endedAt"])
    for (entity, id) in [(Entity.reserve, 1), (.trade, 9), (.inventory, 7)] {
      let day = try bench.connection.call("HGET", Key.archived(entity, id: id, in: Shard(0)), "\(id)").string
      #expect(day?.hasPrefix("20") == true && day?.utf8.count == 10)
      let product = try bench.connection.call("HGET", Key.directory(archived: entity, id: id), "\(id)")
        .integer
      #expect(product == 7)
    }
  }

  @Test func `ids of what has left are refused, and the product starts again`() throws {
    let bench = try Bench.left()
    // Another command under a used id, for another product: the door knows it.
    for (fields, productid) in [
      (Fields.reserve(1, of: 8), 8), (.list(9, of: 8), 8), (.register(8, id: 7), 8),
    ] {
      let refusals = try bench.send([fields])
      guard case .conflict(_, _, 7) = refusals.first else {
        Issue.record("\(productid): \(refusals)")
        continue
      }
      #expect(refusals.first?.error != nil)
    }
    // The shard refuses them too, if a command comes around the door.
    for (worker, command) in [
      (DecidingWorker.reservation, Fields.reserve(1, of: 7)), (.trade, .list(9, of: 7)),
      (.stock, .register(7)),
    ] {
      var words = RESPWords("XADD", Key.commands(worker, in: Shard(0)), "*", "commandid", "raw-\(worker)")
      for (name, value) in command {
        words.add(name)
        words.add(value)
      }
      try bench.connection.exchange(Commands(words))[0].get()
    }
    _ = try bench.audit()
    for worker in DecidingWorker.allCases {
      #expect(try Self.outcome(bench, "raw-\(worker)").contains("duplicateId"), "\(worker)")
    }
    // A command to what has left finds nothing.
    try bench.settle([["type": "CancelReserve", "id": "1", "commandid": "late"]])
    #expect(try Self.outcome(bench, "late").contains("notFound"))
    try bench.settle([.list(10, of: 7), .register(7, id: 8), .reserve(2, of: 7)])
    #expect(try bench.connection.call("HGET", Key.reservation(2, in: Shard(0)), "status").string == "거래진행중")
    #expect(try bench.audit().said == [])
  }

  @Test func `a listing that another one has followed leaves without it, and a stock that is left stays`()
    throws
  {
    let bench = try Bench(shards: 1, policy: .timeless(keepEnded: 1))
    bench.start()
    try bench.settle([.register(7), .list(9, of: 7)])
    // Both in one batch, so that the first listing ends and is followed in one commit.
    try bench.send([
      ["type": "WithdrawTrade", "id": "9", "productid": "7"], .list(10, of: 7),
    ])
    try insist("the former listing has left") {
      guard try Self.archive(bench).count == 1 else { throw NeverHappened(description: "nothing has left") }
    }
    #expect(try bench.audit().said == [])
    #expect(try bench.connection.call("EXISTS", "{0}:trade:9").integer == 0)
    #expect(try bench.connection.call("EXISTS", "{0}:trade:10").integer == 1)
    try bench.settle([["type": "WithdrawTrade", "id": "10", "productid": "7"]])
    try insist("the listing has left") {
      guard try Self.archive(bench).count == 2 else { throw NeverHappened(description: "it has not left") }
    }
    #expect(try bench.audit().said == [])
    // Its seller can still do something with the unit that is left.
    #expect(try bench.connection.call("HGET", "{0}:stock:7", "seller").string == "seller7")
    // Once it is withdrawn, nothing stays of it either.
    try bench.settle([["type": "WithdrawStock", "id": "7", "productid": "7", "commandid": "last"]])
    #expect(try Self.outcome(bench, "last").contains("재고종료"))
    let record = try #require(try Self.archive(bench).last)
    #expect(record["entity"] == "inventory" && record["endedAt"] != nil)
    #expect(Fields(packed: record["record"] ?? "")?["status"] == "재고종료")
    #expect(try Self.archive(bench).count == 3)
    #expect(try bench.connection.call("EXISTS", "{0}:stock:7", "{0}:inventory:7").integer == 0)
    #expect(try bench.connection.call("ZCARD", "{0}:inventories").integer == 0)
    #expect(try bench.connection.call("HEXISTS", "{0}:archived:inventory:0", "7").integer == 1)
    #expect(try bench.connection.call("HGET", "directory:{inventory:0}", "7").integer == 7)
    #expect(try bench.audit().said == [])
    try bench.settle([.register(7).with("commandid", "used")])
    #expect(try Self.outcome(bench, "used").contains("duplicateId"))
  }

  @Test func `for ever means for ever, and then a new setting lets everything leave`() throws {
    let bench = try Bench(shards: 1, policy: .timeless)
    try bench.settle([.list(9, of: 7), .register(7), .reserve(1, of: 7)])
    try bench.settle([["type": "Handover", "id": "9", "productid": "7"]])
    #expect(try bench.connection.call("EXISTS", Key.archive(of: Shard(0))).integer == 0)
    #expect(try bench.connection.call("ZCARD", Key.ended(.reserve, in: Shard(0))).integer == 1)
    #expect(try bench.connection.call("ZCARD", Key.ended(.trade, in: Shard(0))).integer == 1)
    bench.stop()
    bench.change(.timeless(keepEnded: 1))
    bench.start()
    try insist("everything has left") {
      guard try Self.archive(bench).count == 3 else { throw NeverHappened(description: "not yet") }
    }
    #expect(try bench.audit().said == [])
  }

  @Test func `what an older release ended leaves when it is asked to`() throws {
    let bench = try Bench(shards: 1, policy: .timeless)
    try bench.settle([.list(9, of: 7), .register(7), .reserve(1, of: 7)])
    try bench.settle([["type": "Handover", "id": "9", "productid": "7"]])
    bench.stop()
    // As it stood before there was a time of the end.
    try bench.connection.call("HDEL", "{0}:reserve:1", "endedAt")
    try bench.connection.call("HDEL", "{0}:trade:9", "endedAt")
    try bench.connection.call("DEL", Key.ended(.reserve, in: Shard(0)), Key.ended(.trade, in: Shard(0)))
    let packed = try bench.connection.call("HGET", "{0}:product:7", "listing").string ?? ""
    let old = Fields((Fields(packed: packed) ?? [:]).filter { $0.name != "endedAt" })
    try bench.connection.call("HSET", "{0}:product:7", "listing", old.packed)
    bench.start()
    for (worker, id) in [(DecidingWorker.reservation, 1), (.trade, 9)] {
      let timer = Timer(.ended, of: id, 7, at: .unknown)
      try bench.connection.call(
        "XADD", Key.commands(worker, in: Shard(0)), "*", "type", "TimeCame", "timer", timer.member)
    }
    try insist("everything has left") {
      guard try Self.archive(bench).count == 3 else { throw NeverHappened(description: "not yet") }
    }
  }

  @Test func `a replay of everything that has left makes the same read models`() throws {
    let bench = try Bench.left()
    try bench.settle([.list(10, of: 7), .register(7, id: 8), .reserve(2, of: 7)])
    bench.stop()
    let before = try Self.keys(bench)
    try ReadModels.rebuild(
      [Shard(0)], on: .single(bench.redis.url),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    #expect(try Self.keys(bench) == before)
    #expect(try bench.audit().said == [])
  }

  @Test func `an audit finds what remains of nothing, and repairs what is missing`() throws {
    let bench = try Bench.left()
    bench.stop()
    let redis = bench.connection
    try redis.call("HDEL", "{0}:archived:reserve:0", "1")
    try redis.call("HDEL", "directory:{trade:0}", "9")
    let damaged = try bench.audit()
    #expect(
      damaged.said == [
        "archive {0}:archived:reserve:0: 1 is missing: the reserve has left, and the id could be used again.",
        "archive directory:{trade:0}: 9 is absent, but the trade that left was of product 7.",
        "archive directory:{trade:0}: 9 is absent, which does not lead to shard 0, where it has left.",
        "archive directory:{reserve:0}: 1 leads to product 7, from where nothing has left under it.",
      ], "\(damaged.said)")
    try Auditor(redis).apply(damaged.remedies)
    #expect(try bench.audit().said == [])

    try redis.call("HSET", "{0}:archived:trade:0", "12", "2026-11-27", "x", "2026-11-27")
    try redis.call("HSET", "directory:{trade:0}", "13", "7", "y", "7")
    try redis.call("ZADD", "{0}:ended:trade", "5", "ended:9:7:5")
    let strays = try bench.audit().said
    #expect(strays.count == 5 && strays.filter { $0.hasPrefix("archive") }.count == 4, "\(strays)")
  }
}
