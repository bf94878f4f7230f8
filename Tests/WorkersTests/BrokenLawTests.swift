import Keys
import Testbed
import Testing

@testable import Workers

/// Events that no worker that keeps the laws can have emitted.
@Suite struct BrokenLawTests {
  /// Units that were never held cannot be handed out: the event is put aside, and nothing else is blocked.
  @Test func `an event that breaks a law is put aside with the reason`() async throws {
    try await TestRedis.with { redis in
      let bench = try LaneBench(.stock, on: redis)
      let position = try bench.add(
        [
          "type": "TradeCompleted", "reserveid": "7", "productid": "100", "userid": "구매자",
          "productname": "애플워치",
          "qty": "1", "status": "거래완료",
        ], to: bench.journal)
      try bench.add(
        ["type": "RegisterStock", "id": "1", "productid": "100", "productname": "애플워치", "qty": "1"],
        to: Key.commands(.stock, in: bench.shard))
      let said = try bench.own { _ in try bench.entries(of: bench.journal, after: position) }
      #expect(said.first?.fields.contains("StockRegistered") == true)
      let letter = try bench.entries(of: bench.spec.name.deadLetters, after: "0")[0].fields
      for word in [position, bench.journal, "brokenLaw", "field:reserveid"] { #expect(letter.contains(word)) }
      #expect(letter.contains { $0.contains("takes 1 units of product 100, of which 0 are held") })
    }
  }
}
