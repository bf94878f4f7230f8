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
    let notice = try redis.call("ZRANGE", "notices:{buyer1}", "0", "0")[0]?.string ?? ""
    let other = try redis.call("ZRANGE", "notices:{buyer3}", "0", "0")[0]?.string ?? ""
    try redis.call("DEL", "notice:{\(notice)}")
    try redis.call("ZREM", "notices:{buyer3}", other)
    try redis.call("HSET", "notice:{0-1-1-b}", "id", "0-1-1-b", "userid", "buyer1", "status", "예약완료")
    try redis.call("ZADD", "notices:{buyer1}", "1", "0-1-1-b")
    try redis.call("DEL", "mypage:{buyer4}:4:buyer")
    try redis.call("HSET", "mypage:{buyer5}:5:buyer", "tradeStatus", "거래완료", "qty", "3")
    try redis.call("ZREM", "mypage:{buyer6}", "6:buyer")
    try redis.call("HSET", "mypage:{nobody}:1:buyer", "reserveid", "1", "userid", "nobody")
    try redis.call("ZADD", "mypage:{nobody}", "1", "1:buyer")

    let report = try bench.audit()
    #expect(report.codes == [.notice, .mypage])
    #expect(
      Set(report.differences.map(\.key)) == [
        "notice:{\(notice)}", "notice:{\(other)}", "notice:{0-1-1-b}", "mypage:{buyer4}:4:buyer",
        "mypage:{buyer5}:5:buyer", "mypage:{buyer6}:6:buyer", "mypage:{nobody}:1:buyer",
      ])

    let keys = try redis.call("DBSIZE").integer
    for _ in 1...2 {
      try Auditor(redis).forget(report.broken)
      try ReadModels.rebuild(
        [Shard(0), Shard(1)], on: bench.redis.url,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      #expect(try bench.audit().said == [])
    }
    // Three keys came back, three were of nobody, and the repair left nothing of its own behind.
    #expect(try redis.call("EXISTS", "mypage:{nobody}", "notice:{0-1-1-b}").integer == 0)
    #expect(try redis.call("DBSIZE").integer == keys)
  }
}
