import Foundation
import Redis
import Testbed
import Testing

/// A system that finds its Redis by sentinels.
@Suite struct SentinelTests {
  /// Everything up to the fail-over has reached the replica, so nothing can be missing afterwards.
  @Test func `deals continue at the new primary that sentinels name`() async throws {
    let servers = try await onThread { try TestSentinel() }
    let system = try await TestSystem(on: .single(servers.primary), url: servers.url)
    #expect(try await system.http.list(1, product: 100).status == 201)
    #expect(try await system.http.register(1, product: 100).status == 201)
    let reservation = try await system.http.reserve(product: 100, buyer: "김민지")
    let path = "/reserves/\(try #require(try reservation.json["id"].integer))"
    try await system.waitFor(path, "거래진행중")
    try await onThread {
      let primary = try servers.primary.connect()
      try primary.call("SET", "mark", "1")
      #expect(try primary.call("WAIT", "1", "60000").integer == 1)
      servers.primary.process.kill()
    }
    // The same key each time, so that a call whose answer was lost is not a second one.
    try await eventually("the trade is handed over") {
      try await system.http.post("/trades/1/handover", headers: ["Idempotency-Key": "handover"]).status == 200
    }
    try await system.waitFor(path, "거래완료")
    try await eventually("my page shows it") {
      let rows = try await system.http.get(
        "/mypages/\("김민지".addingPercentEncoding(withAllowedCharacters: []) ?? "")")
      return rows["_embedded"]["mypages"][0]["status"].text == "거래완료"
    }
    try await eventually("readiness is UP") {
      try await system.http.call(.GET, "/readiness").status == 200
    }
    #expect(try servers.replica.connect().call("EXISTS", "handover:shards").integer == 1)
  }
}
