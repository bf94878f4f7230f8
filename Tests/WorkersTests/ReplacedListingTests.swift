import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import Workers

/// A product's listings follow one another quickly: each one's final state is stored, in any batches.
@Suite struct ReplacedListingTests {
  @Test func `every listing of a batch is stored in its final state`() async throws {
    try await TestRedis.with { redis in
      var bench = try TradeBench(redis)
      try bench.decide(.list(1), .withdraw(1), .list(2), .withdraw(2), .list(3))
      #expect(try bench.statuses(1...3) == ["판매종료", "판매종료", "판매중"])
      // Listed in one batch, and withdrawn in the next one, which lists another.
      try bench.decide(.withdraw(3), .list(4))
      #expect(try bench.statuses(1...4) == ["판매종료", "판매종료", "판매종료", "판매중"])
      #expect(try bench.listed() == ["1", "2", "3", "4"])
      // Deleted ones are stored, but not listed.
      try bench.decide(.delete(4), .list(5), .delete(5), .list(6))
      #expect(try bench.statuses(4...6) == ["판매종료", "판매종료", "판매중"])
      #expect(try bench.listed() == ["1", "2", "3", "6"])
      // Deleting a listing does not delete one that it replaced.
      try bench.decide(.withdraw(6), .list(7), .delete(7))
      try bench.decide(.list(8), .delete(8))
      #expect(try bench.listed() == ["1", "2", "3", "6"])
      #expect(try bench.connection.call("HGET", Key.trade(2, in: bench.shard), "userid").string == "판매자2")
    }
  }

  @Test func `a listing that was replaced by another can be deleted`() async throws {
    try await TestRedis.with { redis in
      var bench = try TradeBench(redis)
      try bench.decide(.list(1), .withdraw(1), .list(2), .withdraw(2), .list(3))
      // A listing that was replaced in an earlier batch, and that the worker no longer has in memory.
      try bench.decide(.delete(1))
      #expect(try bench.listed() == ["2", "3"])
      #expect(try bench.statuses(1...3) == ["판매종료", "판매종료", "판매중"])
      // One that is replaced in the same batch, and one in the batch before. The second delete has no effect.
      try bench.decide(.withdraw(3), .list(4), .delete(3), .delete(2), .delete(2))
      #expect(try bench.listed() == ["4"])
      #expect(try bench.statuses(1...4) == ["판매종료", "판매종료", "판매종료", "판매중"])
      #expect(try bench.connection.call("HGET", Key.trade(2, in: bench.shard), "deleted").string == "1")
      // The open listing is not affected.
      try bench.decide(.withdraw(4))
      #expect(try bench.statuses(4...4) == ["판매종료"] && bench.listed() == ["4"])
    }
  }
}

/// A bench for the stored listings of one product.
private struct TradeBench {
  enum Step {
    case list(Int)
    case withdraw(Int)
    case delete(Int)
  }

  private let bench: LaneBench
  private var said = "0"

  var connection: RedisConnection { bench.connection }
  var shard: Shard { bench.shard }

  init(_ redis: TestRedis) throws { bench = try LaneBench(.trade, on: redis) }

  /// Lets a new owner of the lane decide the commands in one batch: they are appended before it starts.
  mutating func decide(_ steps: Step...) throws {
    for step in steps {
      let command: Fields =
        switch step {
        case .list(let id):
          [
            "type": "ListTrade", "id": "\(id)", "productid": "100", "userid": "판매자\(id)",
            "productname": "애플워치",
            "qty": "1", "price": "1",
          ]
        case .withdraw(let id): ["type": "WithdrawTrade", "id": "\(id)", "productid": "100"]
        case .delete(let id): ["type": "WithdrawTrade", "id": "\(id)", "productid": "100", "delete": "1"]
        }
      try bench.add(command, to: Key.commands(.trade, in: shard))
    }
    // Here, every command makes one event, and the events of a batch arrive together.
    let events = try bench.own { [said] _ in try bench.entries(of: bench.journal, after: said) }
    #expect(events.count == steps.count)
    said = events.last?.id ?? said
  }

  func statuses(_ ids: ClosedRange<Int>) throws -> [String] {
    try ids.map { try connection.call("HGET", Key.trade($0, in: shard), "status").string ?? "-" }
  }

  func listed() throws -> [String] {
    try connection.call("ZRANGE", Key.index(of: .trade, in: shard), "0", "-1").compactMap(\.string)
  }
}
