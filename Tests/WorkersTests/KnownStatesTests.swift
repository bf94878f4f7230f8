import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing

@testable import Workers

@Suite struct KnownStatesTests {
  @Test func `remembered states are limited, but the latest one is always kept`() {
    var states = KnownStates<Int>()
    for number in 0..<10_000 {
      states.remember([number], [number * 2])
      #expect(states[number] == number * 2)
    }
    #expect((0..<10_000).count { states[$0] != nil } <= 2048)
  }

  @Test func `remembered states are not loaded again, except by the next owner`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let shard = Shard(0)
      let spec = try #require(WorkerKind.reservation.lanes(shards: 1).first { $0.name.tag == shard.tag })
      var journal = "0"
      func send(_ type: String, _ more: String...) throws {
        var words = RESPWords("XADD", Key.commands(.reservation, in: shard), "*", "type", type)
        for word in ["id", "7", "productid", "100"] + more { words.add(word) }
        var commands = Commands()
        commands.add(words)
        for reply in try connection.exchange(commands) { try reply.get() }
        let said = try connection.call(
          "XREAD", "BLOCK", "90000", "STREAMS", Key.journal(of: shard), journal)
        journal = try #require(said[0]?[1]?[0]?[0]?.string, "nothing was said to \(type)")
      }
      func loads() throws -> Int { try connection.calls(of: "hgetall") }
      func own(_ body: () throws -> Void) throws {
        let runner = LaneRunner(
          worker: "reservation", lanes: [spec], redis: .single(redis.url),
          logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let thread = Background { runner.run() }
        defer {
          runner.stop()
          #expect(thread.wait() != nil)
        }
        try body()
      }
      try own {
        try send(
          "Reserve", "userid", "구매자", "productname", "애플워치", "qty", "1", "reserveDt", "2024-04-04",
          "address", "서울", "price", "1")
        let before = try loads()
        for day in 5...9 { try send("ChangeReserve", "reserveDt", "2024-04-0\(day)") }
        #expect(try loads() == before)
      }
      // Somebody else wrote in between: the next owner uses what is stored in Redis.
      try connection.call("HSET", Key.reservation(7, in: shard), "address", "부산")
      try own { try send("ChangeReserve", "reserveDt", "2024-04-10") }
      let stored = try connection.call(
        "HMGET", Key.reservation(7, in: shard), "reserveDt", "address")
      #expect(stored.compactMap(\.string) == ["2024-04-10", "부산"])
      let said = try connection.call("XREVRANGE", Key.journal(of: shard), "+", "-", "COUNT", "1")
      #expect(said[0]?[1]?.compactMap(\.string).contains("부산") == true)
    }
  }
}
