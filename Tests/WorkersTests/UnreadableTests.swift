import Keys
import Market
import Testbed
import Testing

@testable import Workers

/// Unreadable values on the journal or in the store.
@Suite struct UnreadableTests {
  private static let started: Fields = [
    "type": "TradeStarted", "reserveid": "7", "productid": "100", "userid": "김민지", "productname": "애플워치",
    "qty": "1", "tradeid": "9", "seller": "이준호", "status": "거래진행중",
  ]

  /// A row recreated from one event would have lost its price, date and address.
  @Test func `a damaged row is kept, and its event is put aside`() async throws {
    try await TestRedis.with { redis in
      let bench = try LaneBench(.mypage, on: redis)
      let rows = Key.mypageRows(of: 7, in: bench.shard)
      try bench.connection.call("HSET", rows, "7", "position\t1-1\tqty\t3")
      let position = try bench.add(Self.started, to: bench.journal)
      let letters = try bench.own { _ in
        try bench.entries(of: bench.spec.name.deadLetters, after: "0")
      }
      #expect(letters.count == 1)
      for word in [position, "field:reserveid"] { #expect(letters[0].fields.contains(word)) }
      #expect(letters[0].fields.contains { $0.contains("handover rebuild mypages") })
      #expect(try bench.connection.call("HGET", rows, "7").string == "position\t1-1\tqty\t3")
    }
  }

  @Test func `a row of a newer release makes the lane stand still`() async throws {
    try await TestRedis.with { redis in
      let bench = try LaneBench(.mypage, on: redis)
      let row = [
        "position", "1-1", "begun", "1", "productid", "100", "productname", "애플워치", "qty", "1", "buyer",
        "김민지",
        "status", "경매중",
      ].joined(separator: "\t")
      let rows = Key.mypageRows(of: 7, in: bench.shard)
      try bench.connection.call("HSET", rows, "7", row)
      try bench.add(Self.started, to: bench.journal)
      let reason = try bench.own { try bench.standsStill($0) }
      #expect(reason.contains("경매중"))
      #expect(try bench.connection.call("HGET", rows, "7").string == row)
    }
  }

  /// No release will ever be able to read it.
  @Test func `an entry that is not an event is put aside`() async throws {
    try await TestRedis.with { redis in
      let bench = try LaneBench(.notification, on: redis)
      let position = try bench.add(["productid": "100"], to: bench.journal)
      let letters = try bench.own { _ in
        try bench.entries(of: bench.spec.name.deadLetters, after: "0")
      }
      #expect(letters.first?.fields.contains(position) == true)
    }
  }
}
