import Lanes
import Layout
import Market
import Redis
import Testbed
import Testing

@Suite struct ReadTests {
  @Test func pagesRunOverAllShards() async throws {
    try await Stage.run { stage in
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
      #expect(try await stage.call("GET", "/trades?page=99999").status == 400)
    }
  }

  @Test func deletedReservationsAreHidden() async throws {
    try await Stage.run { stage in
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

  @Test func emptyCollectionsAreThere() async throws {
    try await Stage.run { stage in
      for name in ["reserves", "trades", "inventories", "notices"] {
        let list = try await stage.call("GET", "/\(name)")
        #expect(list.json["_embedded"][name] == .array([]))
        #expect(list.json["page"]["totalElements"].integer == 0)
      }
      #expect(try await stage.call("GET", "/").json["_links"].names.count == 5)
      #expect(try await stage.call("HEAD", "/reserves").status == 200)
    }
  }

  @Test func usersSeeWhatIsTheirs() async throws {
    try await Stage.run { stage in
      let user = "홍{길}/동"
      let encoded = "%ED%99%8D%7B%EA%B8%B8%7D%2F%EB%8F%99"
      var store = Commands()
      for (number, id) in ["1-0", "2-0"].enumerated() {
        store.add("HSET", Key.notice(id), "id", id, "userid", user, "productid", "7", "status", "예약완료")
        store.add("ZADD", Key.notices(for: user), String(number), id)
        store.add("HSET", Key.mypage(of: user, row: id), "reserveid", String(number), "position", "5-1")
        store.add("ZADD", Key.mypage(of: user), String(number), id)
      }
      store.add("ZADD", Key.notices(of: Shard(1)), "2", "2-0")
      try stage.redis(store)
      let notices = try await stage.call("GET", "/notices?userid=\(encoded)").json
      #expect(notices["_embedded"]["notices"].elements.count == 2)
      #expect(notices["_embedded"]["notices"][0]["id"].text == "2-0")
      #expect(notices["_links"]["self"]["href"].text?.hasSuffix("&userid=\(encoded)") == true)
      #expect(try await stage.call("GET", "/notices").json["_embedded"]["notices"].elements.count == 1)
      #expect(try await stage.call("GET", "/notices/1-0").json["productid"].integer == 7)
      #expect(try await stage.call("GET", "/notices/9-0").status == 404)
      let rows = try await stage.call("GET", "/mypages/\(encoded)").json["_embedded"]["mypages"]
      #expect(rows[0]["reserveid"].integer == 1)
      #expect(rows[0].names.contains("position") == false)
    }
  }
}
