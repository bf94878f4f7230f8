import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@Suite struct ReadTests {
  @Test func `pages and sorting cover all shards`() async throws {
    try await TestIngress.run { stage in
      var store = Commands()
      for id in 1...45 {
        let shard = Shard.of(productid: id, among: FakeLane.shards)
        let item: Fields = [
          "id": String(id), "productid": String(id), "qty": String(100 - id), "status": "판매중", "secret": "x",
        ]
        store.add(storing: item, as: .trade, in: shard)
      }
      try stage.redis(store)
      let second = try await stage.call("GET", "/trades?page=1")
      #expect(second.json["_embedded"]["trades"].elements.count == 20)
      #expect(second.json["_embedded"]["trades"][0]["id"].integer == 21)
      #expect(second.json["_embedded"]["trades"][0].names.contains("secret") == false)
      #expect(second.json["_links"].names == ["self", "first", "prev", "next", "last"])
      #expect(second.json["page"]["totalElements"].integer == 45)
      #expect(second.json["page"]["totalPages"].integer == 3)
      let last = try await stage.call("GET", try #require(second.json["_links"]["last"]["href"].text))
      #expect(last.json["_embedded"]["trades"].elements.count == 5)
      let least = try await stage.call("GET", "/trades?sort=qty,asc&size=1")
      #expect(least.json["_embedded"]["trades"][0]["id"].integer == 45)
      let highest = try await stage.call("GET", "/trades?sort=id,desc&size=1")
      #expect(highest.json["_embedded"]["trades"][0]["id"].integer == 45)
      #expect(try await stage.call("GET", "/trades?sort=secret,asc").status == 400)
      #expect(try await stage.call("GET", "/trades?page=99999").json["page"]["totalElements"].integer == 45)
    }
  }

  @Test func `deleted reservations are hidden, and others link to their actions`() async throws {
    try await TestIngress.run(setUp: { $0.trustedProxies = TestIngress.loopback }) { stage in
      var store = Commands()
      let shard = Shard.of(productid: 7, among: FakeLane.shards)
      store.add(storing: ["id": "1", "productid": "7", "deleted": "1"], as: .reserve, in: shard)
      store.add(storing: ["id": "2", "productid": "7", "tradeid": "9"], as: .reserve, in: shard)
      for id in 1...2 { store.add("SET", Key.directory(.reserve, id: id), "7") }
      try stage.redis(store)
      #expect(try await stage.call("GET", "/reserves").json["_embedded"]["reserves"].elements.count == 1)
      #expect(try await stage.call("GET", "/reserves/1").status == 404)
      let forwarded = ["X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"]
      let links = try await stage.call("GET", "/reserves/2", nil, forwarded).json["_links"]
      #expect(links["handover"]["href"].text == "https://shop.example/trades/9/handover")
      #expect(links["reservecancel"]["href"].text == "https://shop.example/reserves/2/reservecancel")
    }
  }

  @Test func `a collection without items is an empty page`() async throws {
    try await TestIngress.run { stage in
      for name in ["reserves", "trades", "inventories", "notices"] {
        let list = try await stage.call("GET", "/\(name)")
        #expect(list.json["_embedded"][name] == .array([]))
        #expect(list.json["page"]["totalElements"].integer == 0)
      }
      let root = try await stage.call("GET", "/").json
      #expect(root["authentication"].text == "off")
      #expect(
        Set(root["_links"].names) == [
          "reserves", "trades", "inventories", "notices", "mypages", "products", "noticestream",
          "describedby",
        ])
      #expect(try await stage.call("HEAD", "/reserves").status == 200)
    }
  }

  @Test(arguments: ["홍{길}/동", "a-b-c", "-"])
  func `users see their own notices and my page rows`(user: String) async throws {
    try await TestIngress.run { stage in
      let encoded = try #require(user.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let times = [5, 20, 3]
      let ids = times.enumerated().map { shard, time in
        NoticeID(
          of: EntryID(milliseconds: UInt64(time), sequence: 0), in: Shard(shard % FakeLane.shards), to: user,
          as: .buyer)
      }
      var store = Commands()
      for id in ids {
        let text = Fields(dictionaryLiteral: ("productid", "7"), ("status", "예약완료"), ("message", "‘책’"))
          .packed
        store.add("HSET", Key.notices(of: user), id.own, text)
        store.add("LPUSH", Key.notices(of: id.shard), id.description)
      }
      store.add("LPUSH", Key.notices(of: Shard(1)), "1-30-0-s-gone")
      for (number, time) in times.enumerated() {
        let row = Fields(dictionaryLiteral: ("position", "20-1"), ("begun", "\(time)"), ("status", "예약완료"))
          .packed
        let id = MypageRowID(number, in: Shard(number % FakeLane.shards), .seller)
        store.add("HSET", Key.mypageRows(of: number, in: id.shard), "\(number)", row)
        store.add("ZADD", Key.mypage(of: user), "\(time)", id.description)
      }
      // Listed, but not yet written.
      store.add("ZADD", Key.mypage(of: user), "30", MypageRowID(9, in: Shard(0), .buyer).description)
      try stage.redis(store)
      let sorted = [ids[1], ids[0], ids[2]].map { Optional($0.description) }
      let notices = try await stage.call("GET", "/notices?userid=\(encoded)").json
      #expect(notices["_embedded"]["notices"].elements.map { $0["id"].text } == sorted)
      #expect(notices["page"]["totalElements"].integer == 3)
      #expect(notices["_links"]["self"]["href"].text?.contains("&userid=") == true)
      let second = try await stage.call("GET", "/notices?userid=\(encoded)&size=1&page=1").json
      #expect(second["_embedded"]["notices"].elements.map { $0["id"].text } == [sorted[1]])
      let oldest = try await stage.call("GET", "/notices?userid=\(encoded)&sort=createdAt").json
      #expect(oldest["_embedded"]["notices"][0]["createdAt"].text == "1970-01-01T00:00:00.003Z")

      let all = try await stage.call("GET", "/notices").json
      #expect(all["_embedded"]["notices"].elements.map { $0["id"].text } == sorted)
      #expect(all["page"]["totalElements"].integer == 4)
      // A notice's own link leads to it, whatever its user's id is.
      let link = try #require(all["_embedded"]["notices"][0]["_links"]["self"]["href"].text)
      let notice = try await stage.call("GET", link).json
      #expect(notice["productid"].integer == 7 && notice["userid"].text == user)
      #expect(notice["role"].text == "구매" && notice["message"].text == "‘책’")
      for id in ["9-0", "1-30-0-s-gone", "nothing"] {
        #expect(try await stage.call("GET", "/notices/\(id)").status == 404)
      }

      let rows = try await stage.call("GET", "/mypages/\(encoded)").json["_embedded"]["mypages"]
      #expect(rows.elements.map { $0["reserveid"].integer } == [1, 0, 2])
      #expect(rows[0]["role"].text == "판매" && rows[0]["createdAt"].text == "1970-01-01T00:00:00.020Z")
      #expect(rows[0].names.contains("position") == false)
    }
  }
}
