import Audit
import Lanes
import Layout
import Logging
import Market
import Redis
import Testing
import Workers

/// Read models that are damaged are named, and made anew.
@Suite struct RepairTests {
  @Test func everyReadModelHeals() throws {
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
        [Shard(0), Shard(1)], on: bench.redis.url,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      #expect(try bench.audit().said == [])
    }
    // What was of nobody is gone, and the repair left nothing of its own behind.
    #expect(try redis.call("EXISTS", "mypage:{nobody}").integer == 0)
    #expect(try redis.call("HMGET", "notices:{buyer1}", "0-1-1-b", notice).map(\.isNull) == [true, false])
    #expect(try redis.call("DBSIZE").integer == keys)
  }
}
