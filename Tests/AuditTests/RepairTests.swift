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
    try redis.call("HDEL", "mypage:{buyer4}:rows", "4:buyer")
    try redis.call("HSET", "mypage:{buyer5}:rows", "5:buyer", "position\t000000000000001-1\tqty\t3")
    try redis.call("ZREM", "mypage:{buyer6}", "6:buyer")
    try redis.call("ZADD", "mypage:{buyer0}", "7", "7:buyer")
    try redis.call("HDEL", "mypage:{seller2}:rows", "1:seller")
    try redis.call("HSET", "mypage:{nobody}:rows", "1:buyer", "status\t예약완료", "x", "")
    try redis.call("ZADD", "mypage:{nobody}", "1", "1:buyer")

    let report = try bench.audit()
    #expect(report.codes == [.notice, .mypage])
    #expect(
      Set(report.differences.map(\.key)) == [
        "notices:{buyer1} \(notice)", "notices:{buyer3} \(other)", "notices:{buyer1} 0-1-1-b",
        "notices:{seller1} nonsense", "mypage:{buyer4}:rows 4:buyer", "mypage:{buyer5}:rows 5:buyer",
        "mypage:{buyer6}:rows 6:buyer", "mypage:{buyer0}:rows 7:buyer", "mypage:{seller2}:rows 1:seller",
        "mypage:{nobody}:rows 1:buyer", "mypage:{nobody}:rows x",
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
    #expect(try redis.call("EXISTS", "mypage:{nobody}", "mypage:{nobody}:rows").integer == 0)
    #expect(try redis.call("HMGET", "notices:{buyer1}", "0-1-1-b", notice).map(\.isNull) == [true, false])
    #expect(try redis.call("DBSIZE").integer == keys)
  }
}
