import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import HTTPIngress

/// The card of a product, and the place in its line.
@Suite struct ProductTests {
  private static let shard = Shard.of(productid: 7, among: FakeLane.shards)
  private static let product = Key.product(7, in: shard)

  private static func deal(_ reserveid: Int, _ userid: String, arrived: String) -> String {
    let fields: Fields = [
      "arrived": arrived, "reserveid": "\(reserveid)", "productid": "7", "userid": userid,
      "productname": "자전거", "qty": "1",
    ]
    return fields.packed
  }

  /// A listing, a stock, two who wait and two for whom it runs, as the workers store them.
  private static func stored() -> Commands {
    let listing: Fields = [
      "id": "3", "productid": "7", "userid": "판매자", "productname": "자전거", "qty": "5", "price": "50000",
      "status": "거래진행중", "held": "2",
    ]
    var store = Commands()
    store.add(
      "HSET", product, "listing", listing.packed, "onhand", "4",
      "running:11", deal(11, "홍길동", arrived: "1-0"), "running:12", deal(12, "이웃", arrived: "2-0"),
      "line:13", deal(13, "이웃", arrived: "10-0"), "line:14", deal(14, "홍길동", arrived: "9-0"))
    let stock: Fields = [
      "id": "5", "productid": "7", "productname": "자전거", "qty": "4", "status": "재고확보", "held": "2",
    ]
    store.add(storing: stock, as: .inventory, in: shard)
    for (id, userid) in [(11, "홍길동"), (14, "홍길동"), (12, "이웃"), (13, "이웃"), (99, "홍길동")] {
      store.add("ZADD", Key.mypage(of: userid), "\(id)", MypageRowID(id, in: shard, .buyer).description)
    }
    return store
  }

  @Test func `a product's card has its listing, its stock, its line, and what is the caller's`() async throws
  {
    try await TestIngress.run { stage in
      try stage.redis(Self.stored())
      let card = try await stage.call("GET", "/products/7?userid=%ED%99%8D%EA%B8%B8%EB%8F%99").json
      #expect(card["productid"].integer == 7 && card["productname"].text == "자전거")
      #expect(card["userid"].text == "판매자" && card["price"].integer == 50000)
      #expect(card["tradeStatus"].text == "거래진행중" && card["stockStatus"].text == "재고확보")
      #expect(card["tradeid"].integer == 3 && card["inventoryid"].integer == 5)
      #expect(card["qty"].integer == 4 && card["free"].integer == 2 && card["waiting"].integer == 2)
      let yours = card["yours"].elements
      #expect(yours.map { $0["reserveid"].integer } == [11, 14])
      #expect(yours.map { $0["status"].text } == ["거래진행중", "예약대기"])
      #expect(yours.map { $0["position"].integer } == [nil, 1])
      for (name, path) in [
        ("self", "/products/7"), ("product", "/products/7"), ("trade", "/trades/3"),
        ("inventory", "/inventories/5"),
      ] {
        #expect(card["_links"][name]["href"].text == stage.base + path)
      }
      let anybodys = try await stage.call("GET", "/products/7").json
      #expect(anybodys["waiting"].integer == 2 && !anybodys.names.contains("yours"))
      let strangers = try await stage.call("GET", "/products/7?userid=nobody").json
      #expect(strangers["yours"] == .array([]))
    }
  }

  @Test func `a card leaves out what is not there, and nothing at all is not found`() async throws {
    try await TestIngress.run { stage in
      let redis = try stage.server.connect()
      #expect(try await stage.call("GET", "/products/7").status == 404)
      try stage.redis(Self.stored())
      try redis.call("DEL", Key.stock(7, in: Self.shard))
      // What a withdrawn stock leaves behind.
      try redis.call("HSET", Key.stock(7, in: Self.shard), "seller", "판매자")
      let unstocked = try await stage.call("GET", "/products/7").json
      #expect(
        unstocked.names == [
          "productid", "productname", "userid", "price", "tradeid", "tradeStatus", "waiting", "_links",
        ])
      try stage.redis(Self.stored())
      let deleted: Fields = ["id": "3", "productname": "자전거", "deleted": "1"]
      try redis.call("HSET", Self.product, "listing", deleted.packed)
      let unlisted = try await stage.call("GET", "/products/7").json
      #expect(
        unlisted.names == [
          "productid", "productname", "inventoryid", "stockStatus", "qty", "free", "waiting", "_links",
        ])
      #expect(unlisted["_links"].names == ["self", "product", "inventory"])
      #expect(try await stage.call("GET", "/products/seven").status == 400)
    }
  }

  @Test func `a reservation that waits has its place in the line, and no other`() async throws {
    try await TestIngress.run { stage in
      var store = Self.stored()
      for (id, status) in [(11, "거래진행중"), (13, "예약대기"), (14, "예약대기"), (15, "예약대기")] {
        let item: Fields = ["id": "\(id)", "productid": "7", "userid": "홍길동", "status": status]
        store.add(storing: item, as: .reserve, in: Self.shard)
        store.add("SET", Key.directory(.reserve, id: id), "7")
      }
      try stage.redis(store)
      for (id, place) in [(11, nil), (13, 2), (14, 1), (15, nil)] as [(Int, Int?)] {
        #expect(try await stage.call("GET", "/reserves/\(id)").json["position"].integer == place, "\(id)")
      }
    }
  }

  @Test func `a line is found beside thousands of deals that run`() async throws {
    try await TestIngress.run { stage in
      var store = Self.stored()
      for id in 1000..<6000 {
        store.add("HSET", Self.product, "running:\(id)", Self.deal(id, "u\(id)", arrived: "\(id)-0"))
      }
      try stage.redis(store)
      let card = try await stage.call("GET", "/products/7?userid=%EC%9D%B4%EC%9B%83").json
      #expect(card["waiting"].integer == 2)
      #expect(card["yours"].elements.map { $0["reserveid"].integer } == [12, 13])
      #expect(card["yours"][1]["position"].integer == 2)
    }
  }
}
