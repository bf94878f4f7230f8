import Foundation
import Keys
import Lanes
import Logging
import Market
import Operations
import Redis
import Testbed
import Testing
import Workers

/// Damaged read models are reported, and rebuilt.
@Suite struct RepairTests {
  @Test func `damaged read models are reported, and a rebuild repairs them`() throws {
    let bench = try Bench(shards: 2)
    try bench.settle((1...8).map { .reserve($0, of: $0 % 2 + 1) })
    try bench.settle([.list(1, of: 1, qty: 2), .register(1, qty: 2), .list(2, of: 2), .register(2)])
    try bench.settle([["type": "CancelReserve", "id": "2"], ["type": "Handover", "id": "2"]])
    bench.stop()
    try #require(try bench.audit().said == [])
    let redis = bench.connection
    let notice = try redis.call("HKEYS", "notices:{buyer1}")[0]?.string ?? ""
    let other = try redis.call("HKEYS", "notices:{buyer3}")[0]?.string ?? ""
    try redis.call("HDEL", "notices:{buyer1}", notice)
    try redis.call("HSET", "notices:{buyer3}", other, "productid\t1\tstatus\t거래완료")
    try redis.call("HSET", "notices:{buyer1}", "0-1-1-b", "status\t예약완료")
    try redis.call("HSET", "notices:{seller1}", "nonsense", "")
    func name(_ id: Int, _ role: DealRole) -> String {
      MypageRowID(id, in: bench.shard(of: id % 2 + 1), role).description
    }
    func rows(_ id: Int) -> String { Key.mypageRows(of: id, in: bench.shard(of: id % 2 + 1)) }
    try redis.call("HDEL", rows(4), "4")
    try redis.call("HSET", rows(5), "5", "position\t1-1\tqty\t3")
    try redis.call("HSET", rows(5), "x", "", "99", "")
    try redis.call("ZREM", "mypage:{buyer6}", name(6, .buyer))
    try redis.call("ZADD", "mypage:{buyer0}", "7", name(7, .buyer))
    try redis.call("ZREM", "mypage:{seller2}", name(1, .seller))
    try redis.call("ZADD", "mypage:{nobody}", "1", name(1, .buyer), "1", "x", "1", "5:1:buyer")

    let report = try bench.audit()
    #expect(report.codes == [.notice, .mypage])
    #expect(
      Set(report.differences.map(\.key)) == [
        "notices:{buyer1} \(notice)", "notices:{buyer3} \(other)", "notices:{buyer1} 0-1-1-b",
        "notices:{seller1} nonsense", "\(rows(4)) 4", "\(rows(5)) 5", "\(rows(5)) x", "\(rows(5)) 99",
        "mypage:{buyer6} \(name(6, .buyer))", "mypage:{buyer0} \(name(7, .buyer))",
        "mypage:{seller2} \(name(1, .seller))", "mypage:{nobody} \(name(1, .buyer))", "mypage:{nobody} x",
        "mypage:{nobody} 5:1:buyer",
      ])

    let keys = try redis.call("DBSIZE").integer
    for _ in 1...2 {
      try Auditor(redis).forget(report.broken)
      try ReadModels.rebuild(
        [Shard(0), Shard(1)], on: .single(bench.redis.url),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      #expect(try bench.audit().said == [])
    }
    // Stray records are gone, and the repair left no keys of its own behind.
    #expect(try redis.call("EXISTS", "mypage:{nobody}").integer == 0)
    #expect(try redis.call("HMGET", "notices:{buyer1}", "0-1-1-b", notice).map(\.isNull) == [true, false])
    #expect(try redis.call("DBSIZE").integer == keys)
  }

  @Test func `what was lost beside existing items is made again`() throws {
    let bench = try Bench(shards: 2)
    try bench.settle((1...4).map { .reserve($0, of: 1) } + [.list(5, of: 1, qty: 2), .register(1, qty: 2)])
    try bench.settle([["type": "CancelReserve", "id": "3", "delete": "1"]])
    try bench.settle([.register(2, id: 9), ["type": "WithdrawStock", "id": "9", "productid": "2"]])
    bench.stop()
    try #require(try bench.audit().said == [])
    let (redis, shard) = (bench.connection, bench.shard(of: 1))
    let keys = try redis.call("DBSIZE").integer
    // Of items that are there, deleted and withdrawn ones too.
    let lost = [
      Key.directory(.reserve, id: 1), Key.directory(.reserve, id: 3), Key.directory(.trade, id: 5),
      Key.directory(.inventory, id: 1), Key.directory(.inventory, id: 9), Key.index(of: .trade, in: shard),
      Key.index(of: .inventory, in: shard),
    ]
    for key in lost { #expect(try redis.call("DEL", key).integer == 1, "\(key)") }
    try redis.call("ZREM", Key.index(of: .reserve, in: shard), "2")
    // What says something else is left alone.
    try redis.call("SET", Key.directory(.reserve, id: 2), "8 someone")
    try redis.call("ZADD", Key.index(of: .reserve, in: shard), "77", "4")

    let report = try bench.audit()
    #expect(report.codes == [.directory, .index] && report.differenceCount == 10)
    try Auditor(redis).apply(report.remedies)
    let second = try bench.audit()
    #expect(
      Set(second.said) == [
        "directory id:{reserve:2}: It is “8 someone”, but the reserve is of product 1.",
        "index \(Key.index(of: .reserve, in: shard)): 4 has the score 77: reserve 4 exists.",
      ])
    #expect(second.remedies.isEmpty)
    try redis.call("SET", Key.directory(.reserve, id: 2), "1")
    try redis.call("ZADD", Key.index(of: .reserve, in: shard), "4", "4")
    #expect(try bench.audit().said == [])
    #expect(try redis.call("DBSIZE").integer == keys)
    // The ids still mean what they meant.
    let taken = try bench.send([.reserve(3, of: 2), .register(3, id: 9), .list(5, of: 2)])
    for admission in taken { #expect(admission.error?.message.isEmpty == false, "\(admission)") }
  }

  @Test func `the trace of an inventory that is registered is made again`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.register(1)])
    bench.stop()
    try bench.connection.call("DEL", Key.trace(of: .inventory, id: 1, in: Shard(0)))
    let report = try bench.audit()
    #expect(report.codes == [.directory] && report.differenceCount == 1)
    try Auditor(bench.connection).apply(report.remedies)
    #expect(try bench.audit().said == [])
  }

  @Test func `a place in an index is not restored once events have followed`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1)])
    bench.stop()
    try bench.connection.call("ZREM", "{0}:reserves", "1")
    let report = try bench.audit()
    try bench.settle([["type": "CancelReserve", "id": "1", "delete": "1"]])
    bench.stop()
    try Auditor(bench.connection).apply(report.remedies)
    #expect(try bench.connection.call("ZSCORE", "{0}:reserves", "1").isNull)
    #expect(try bench.audit().said == [])
  }

  @Test(arguments: [nil, "3", "nonsense"])
  func `a counter that went back is raised above the ids that doors gave`(left: String?) throws {
    let bench = try Bench(shards: 2)
    let nameless = (1...5).map { product in Fields(Fields.reserve(1, of: product).filter { $0.name != "id" })
    }
    let given = try bench.send(nameless).compactMap { admission -> Int? in
      guard case .admitted(let id, _, _) = admission else { return nil }
      return id
    }
    // Ids that people choose do not count.
    try bench.settle([.reserve(1_000_000, of: 6)])
    bench.stop()
    let counter = Key.counter(.reserve)
    #expect(given.count == 5)
    #expect(try bench.audit().said == [])
    if let left {
      try bench.connection.call("SET", counter, left)
    } else {
      try bench.connection.call("DEL", counter)
    }
    let (report, highest) = (try bench.audit(), given.max() ?? 0)
    #expect(report.codes == [.directory] && report.differences.map(\.key) == [counter])
    try Auditor(bench.connection).apply(report.remedies)
    // What is no number is for people to look at.
    #expect(try bench.connection.call("GET", counter).string == (left == "nonsense" ? left : "\(highest)"))
    #expect(try bench.audit().said.isEmpty == (left != "nonsense"))
  }

  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Both finish, and neither leaves anything behind.
  @Test func `two rebuilds can run at the same time`() throws {
    let bench = try Bench(shards: 2)
    try bench.settle((1...20).map { .reserve($0, of: $0 % 5 + 1) })
    bench.stop()
    let keys = try bench.connection.call("DBSIZE").integer
    let (url, failures) = (bench.redis.url, Watched<[String]>([]))
    let rebuilds = (1...2).map { _ in
      Background {
        do throws(RedisError) {
          try ReadModels.rebuild([Shard(0), Shard(1)], on: .single(url), logger: Self.logger)
        } catch {
          failures.change { $0.append("\(error)") }
        }
      }
    }
    for rebuild in rebuilds { #expect(rebuild.wait() != nil, "it does not end") }
    #expect(failures.now == [])
    #expect(try bench.audit().said == [])
    #expect(try bench.connection.call("DBSIZE").integer == keys)
    #expect(try bench.connection.call("XINFO", "GROUPS", "{0}:events").count == 5)
  }

  @Test func `only one process at a time holds the rebuild lock`() throws {
    let bench = try Bench(shards: 1)
    let url = bench.redis.url
    try RebuildLock.hold(on: .single(url)) {
      let refusal = #expect(throws: RebuildLock.Refusal.self) { try RebuildLock.hold(on: .single(url)) {} }
      #expect(refusal?.description.contains("already running") == true)
    }
    try RebuildLock.hold(on: .single(url)) {}
    // One that fails gives it back.
    #expect(throws: NeverHappened.self) {
      try RebuildLock.hold(on: .single(url)) { throw NeverHappened(description: "a failure") }
    }
    try RebuildLock.hold(on: .single(url)) {}
    // A holder that lost the lock in an outage learns that its work does not count.
    #expect(throws: RebuildLock.Refusal.self) {
      try RebuildLock.hold(on: .single(url)) { _ = try bench.connection.call("DEL", Key.rebuildLock) }
    }
  }

  @Test func `a rebuild does not wait for an event that is deleted meanwhile`() throws {
    let bench = try Bench(shards: 1)
    bench.start()
    try bench.send((1...300).map { .reserve($0, of: $0) })
    _ = try bench.audit()
    bench.stop()
    let (url, isDeleted) = (bench.redis.url, Watched(false))
    let rebuild = Background {
      try? ReadModels.rebuild([Shard(0)], on: .single(url), logger: Self.logger) { _, _ in
        // After the first batch, delete the last event.
        guard !isDeleted.now, let redis = try? RedisConnection(url) else { return }
        isDeleted.change { $0 = true }
        let last = try? redis.call("XREVRANGE", "{0}:events", "+", "-", "COUNT", "1")[0]?[0]?.string
        _ = try? redis.call("XDEL", "{0}:events", last ?? "")
      }
    }
    #expect(rebuild.wait() != nil, "it waits for ever")
  }

  @Test func `what a killed rebuild left behind is removed`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1)])
    let keys = try bench.connection.call("DBSIZE").integer
    try bench.connection.call("XGROUP", "CREATE", "{0}:events", "rebuild-1", "0")
    try bench.connection.call("HSET", "{0}:cursor:rebuild-1", "{0}:events", "0-0 0")
    try ReadModels.clear([Shard(0)], on: bench.connection)
    #expect(try bench.connection.call("DBSIZE").integer == keys)
    #expect(try bench.connection.call("XINFO", "GROUPS", "{0}:events").count == 5)
  }
}
