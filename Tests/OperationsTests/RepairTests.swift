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
