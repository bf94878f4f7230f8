import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// What has left for the archive is gone, and says where it lies.
@Suite struct ArchivedTests {
  @Test func `reads and changes of what has left are answered 410, in both languages`() async throws {
    let refuse: FakeLane.Rule = { _, fields in
      Outcome(
        accepted: false, type: "CommandRejected",
        fields: ["id": fields["id"] ?? "", "reason": "notFound", "message": Refusal.notFound.message])
    }
    try await TestIngress.run(rule: refuse) { stage in
      let shard = Shard.of(productid: 7, among: FakeLane.shards)
      var store = Commands()
      for entity in Entity.allCases {
        store.add("HSET", Key.directory(archived: entity, id: 17), "17", "7")
        store.add("HSET", Key.archived(entity, id: 17, in: shard), "17", "2026-11-27")
      }
      // The directory does not know yet that this one has left.
      store.add("SET", Key.directory(.reserve, id: 18), "7")
      store.add("HSET", Key.archived(.reserve, id: 18, in: shard), "18", "2026-11-27")
      store.add("SET", Key.directory(.reserve, id: 19), "7")
      try stage.redis(store)
      let change = #"{"address":"부산","productname":"책","qty":2}"#
      let calls: [(String, String, String?)] = [
        ("GET", "/reserves/17", nil), ("GET", "/reserves/18", nil), ("PUT", "/reserves/17", change),
        ("PATCH", "/reserves/17", change), ("DELETE", "/reserves/17", nil),
        ("PUT", "/reserves/17/reservecancel", nil), ("POST", "/reserves/17/receipt", nil),
        ("GET", "/reserves/17/code", nil), ("GET", "/trades/17", nil), ("PATCH", "/trades/17", change),
        ("DELETE", "/trades/17", nil), ("POST", "/trades/17/handover", "{}"),
        ("POST", "/trades/17/cancel", #"{"reserveid":1,"reason":"noShow"}"#), ("GET", "/inventories/17", nil),
        ("PUT", "/inventories/17", change), ("DELETE", "/inventories/17", nil),
      ]
      for (method, path, body) in calls {
        let answer = try await stage.call(method, path, body, ["Prefer": "wait=10", "Accept-Language": "en"])
        #expect(answer.status == 410, "\(method) \(path)")
        #expect(answer.json["code"].text == "archived" && answer.json["archivedOn"].text == "2026-11-27")
        #expect(answer.json["shard"].integer == shard.index)
        #expect(answer.json["message"].text?.contains("handover archive show 1") == true, "\(method) \(path)")
        #expect(answer.json["detail"].text?.contains("on 2026-11-27 (UTC)") == true)
      }
      let korean = try await stage.call("GET", "/trades/17", nil, ["Accept-Language": "ko"])
      #expect(korean.json["message"].text?.hasPrefix("오래전에 끝난 판매입니다. 2026-11-27(UTC)") == true)
      for path in ["/reserves/19", "/reserves/20", "/trades/18"] {
        #expect(try await stage.call("GET", path).status == 404, "\(path)")
        #expect(try await stage.call("DELETE", path, nil, ["Prefer": "wait=10"]).status == 404, "\(path)")
      }
    }
  }
}
