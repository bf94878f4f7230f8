import Foundation
import Keys
import Lanes
import Testbed
import Testing

/// A thousand buyers at once.
@Suite struct RushTests {
  @Test func `a thousand concurrent reservations are served in the order of arrival`() async throws {
    let system = try await TestSystem(replicas: 2)
    let http = system.http
    #expect(try await http.list(1, product: 100, qty: 10).status == 201)
    #expect(try await http.register(1, product: 100, qty: 10).status == 201)
    let answers = try await withThrowingTaskGroup(of: (UInt, Int?).self) { group in
      for buyer in 0..<1000 {
        group.addTask {
          let answer = try await http.reserve(product: 100, buyer: "buyer\(buyer)")
          return (answer.status, try answer.json["id"].integer)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.allSatisfy { $0.0 == 201 })
    #expect(Set(answers.compactMap(\.1)).count == 1000)

    // In the order of the entries, ten run, fifty wait, and the others are refused because the line is full.
    let redis = try system.redis.connect()
    let shard = Shard.of(productid: 100, among: 8)
    var arrived: [Int] = []
    for entry in try redis.call("XRANGE", Key.commands(.reservation, in: shard), "-", "+") {
      let fields = try #require(entry[1]).compactMap(\.string)
      let place = try #require(fields.firstIndex(of: "id"))
      arrived.append(try #require(Int(fields[place + 1])))
    }
    #expect(arrived.count == 1000)
    try await eventually("all are told") {
      try redis.call("HGET", Key.reservation(arrived[999], in: shard), "status").string == "거래불가"
    }
    func status(_ id: Int) throws -> String? {
      try redis.call("HGET", Key.reservation(id, in: shard), "status").string
    }
    for (place, id) in arrived.enumerated() {
      let expected = place < 10 ? "거래진행중" : place < 60 ? "예약대기" : "거래불가"
      #expect(try status(id) == expected, "place \(place)")
    }
    try await eventually("ten units are held") {
      let stock = try await http.get("/inventories/1")
      return stock["qty"].integer == 10 && stock["held"].integer == 10
    }
  }
}
