import Foundation
import Testbed
import Testing

/// The deal from end to end, with real processes.
@Suite struct WalkthroughTests {
  @Test func `both parties of a deal see its notices as they come`() async throws {
    let system = try await TestSystem()
    try await Self.followDeal(on: system)
  }

  /// Walks a deal while its parties, and somebody else, have streams open.
  static func followDeal(on system: TestSystem) async throws {
    let http = system.http
    func open(_ userid: String, since last: String? = nil) async throws -> EventStream {
      let name = try #require(userid.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      return try await EventStream(
        "\(http.base)/notices/stream?userid=\(name)", headers: last.map { ["Last-Event-ID": $0] } ?? [:])
    }
    let (buyer, seller, other) = (try await open("구매자"), try await open("abc"), try await open("이웃"))
    #expect(try await http.list(1, product: 100).status == 201)
    #expect(try await http.register(1, product: 100).status == 201)
    let reserved = try await http.reserve(product: 100, buyer: "구매자")
    let path = try #require(reserved.headers["Location"].first)
    try await system.waitFor(path, "거래진행중")
    #expect(try await http.post("/trades/1/handover").status == 200)
    func statuses(_ stream: EventStream) -> [String?] { stream.events.map { $0.json["status"].text } }
    for stream in [buyer, seller] {
      try await eventually("the whole deal was told") { statuses(stream).contains("재고감소") }
    }
    #expect(statuses(buyer) == ["예약완료", "거래진행중", "재고확보", "거래완료", "재고감소"])
    #expect(statuses(seller) == ["판매중", "재고등록", "예약완료", "거래진행중", "재고확보", "거래완료", "재고감소"])
    #expect(other.events.isEmpty)
    // Exactly what the list has, and what a client that lost it in the middle gets.
    let list = try await http.get("/notices?userid=abc")["_embedded"]["notices"].elements
    #expect(Set(list.compactMap { $0["id"].text }) == Set(seller.ids) && list.count == seller.ids.count)
    let ids = seller.ids
    let back = try await open("abc", since: ids[3])
    try await eventually("it has the rest") { Set(ids[4...]).isSubset(of: back.ids) }
    #expect(back.resets == 0)
    // The ingress ends at once, though clients listen.
    let times = system.stop("ingress")
    #expect(times.allSatisfy { $0.map { $0 < Patience.prompt } ?? false })
    for stream in [buyer, seller, other, back] {
      try await eventually("the stream has ended") { stream.isEnded }
      #expect(stream.resets == 1)
    }
  }

  @Test func `a deal runs over REST from listing to handover`() async throws {
    let system = try await TestSystem()
    let http = system.http
    #expect(try await http.list(1, product: 100).status == 201)
    #expect(try await http.register(1, product: 100).status == 201)

    let reserved = try await http.reserve(product: 100, buyer: "buyer")
    #expect(reserved.status == 201)
    let item = try reserved.json
    #expect(item["status"].text == "예약완료")
    let first = try #require(reserved.headers["Location"].first)
    #expect(item["_links"]["self"]["href"].text == first)
    try await system.waitFor(first, "거래진행중")

    let second = try #require(try await http.reserve(product: 100, buyer: "둘째").headers["Location"].first)
    let waiting = try await system.waitFor(second, "예약대기")
    #expect(waiting["position"].integer == 1)
    try await eventually("the product's card has its place in the line, and what runs") {
      let own = try await http.get("/products/100?userid=buyer")["yours"].elements
      let next = try await http.get("/products/100?userid=%EB%91%98%EC%A7%B8")
      return own.map { $0["status"].text } == ["거래진행중"] && next["waiting"].integer == 1
        && next["yours"].elements.map { $0["position"].integer } == [1]
    }

    let handover = try await http.post("/trades/1/handover")
    #expect(handover.status == 200)
    #expect(try handover.json["status"].text == "거래완료")
    #expect(try await http.get("/trades/1")["status"].text == "거래완료")
    try await system.waitFor(first, "거래완료")
    let stock = try await system.waitFor("/inventories/1", "재고감소")
    #expect(stock["qty"].integer == 0)
    try await system.waitFor(second, "거래불가")

    for (user, status, role) in [("buyer", "거래완료", "구매"), ("둘째", "거래불가", "구매")] {
      let path = try #require(user.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      try await eventually("my page of \(user)") {
        let row = try await http.get("/mypages/\(path)")["_embedded"]["mypages"][0]
        return row["status"].text == status && row["role"].text == role
      }
      try await eventually("the notice to \(user)") {
        try await http.get("/notices?userid=\(path)")["_embedded"]["notices"].elements
          .contains { $0["status"].text == status }
      }
    }
    try await eventually("my page of the seller") {
      let rows = try await http.get("/mypages/abc")["_embedded"]["mypages"].elements
      return rows.count == 2 && Set(rows.compactMap { $0["role"].text }) == ["판매"]
        && Set(rows.compactMap { $0["status"].text }) == ["거래완료", "거래불가"]
    }
    let soldOut = try await http.get("/notices?userid=%EB%91%98%EC%A7%B8")["_embedded"]["notices"].elements
    #expect(soldOut.contains { $0["message"].text?.contains("품절") == true })
    // The newest notices of all users, each once, and every link leads to its notice.
    let all = try await http.get("/notices")["_embedded"]["notices"].elements
    let times = all.compactMap { $0["createdAt"].text }
    #expect(all.count > 10 && times == times.sorted(by: >))
    #expect(Set(all.compactMap { $0["id"].text }).count == all.count)
    for notice in all {
      let link = try #require(notice["_links"]["self"]["href"].text)
      #expect(try await http.get(link) == notice)
    }
  }

  /// Three commands have six orders; a lane merges them by time, so all orders end the same.
  @Test func `a deal starts whatever the order of its three commands on the streams`() async throws {
    let system = try await TestSystem()
    let redis = try system.redis.connect()
    var product = 200
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      product += 1
      for command in order {
        switch command {
        case 0:
          try redis.call(
            "XADD", "reservation.commands", "*", "type", "Reserve", "id", "\(product)", "productid",
            "\(product)", "userid", "김민지", "productname", "자전거", "qty", "1", "reserveDt", "2024-04-04",
            "address", "서울", "price", "120000")
        case 1:
          try redis.call(
            "XADD", "stock.commands", "*", "type", "RegisterStock", "id", "\(product)", "productid",
            "\(product)", "productname", "자전거", "qty", "1")
        default:
          try redis.call(
            "XADD", "trade.commands", "*", "type", "ListTrade", "id", "\(product)", "productid",
            "\(product)", "userid", "이준호", "productname", "자전거", "qty", "1", "price", "120000")
        }
      }
    }
    for product in 201...206 {
      try await system.waitFor("/reserves/\(product)", "거래진행중")
      let stock = try await system.waitFor("/inventories/\(product)", "재고확보")
      #expect(stock["held"].integer == 1)
    }
  }

  @Test func `canceling a deal starts the next in line`() async throws {
    let system = try await TestSystem()
    let http = system.http
    #expect(try await http.list(1, product: 7).status == 201)
    #expect(try await http.register(1, product: 7).status == 201)
    let first = try #require(try await http.reserve(product: 7, buyer: "a").headers["Location"].first)
    try await system.waitFor(first, "거래진행중")
    let second = try #require(try await http.reserve(product: 7, buyer: "b").headers["Location"].first)
    try await system.waitFor(second, "예약대기")
    let cancel = try await http.call(.PUT, "\(first)/reservecancel")
    #expect(cancel.status == 200)
    #expect(try cancel.json["status"].text == "예약취소")
    try await system.waitFor(second, "거래진행중")
    #expect(try await http.call(.DELETE, first).status == 204)
    #expect(try await http.call(.GET, first).status == 404)
    #expect(try await http.call(.PUT, "/reserves/999/reservecancel").status == 404)
  }

  @Test func `an invalid entry becomes a dead letter, and the next one is handled`() async throws {
    let system = try await TestSystem()
    let redis = try system.redis.connect()
    try redis.call("XADD", "trade.commands", "*", "type", "ListTrade", "productid", "hundred")
    try redis.call(
      "XADD", "trade.commands", "*", "type", "ListTrade", "id", "5", "productid", "5", "userid", "abc",
      "productname", "책", "qty", "1", "price", "1000")
    try await system.waitFor("/trades/5", "판매중")
    let letters = try redis.call("XRANGE", "{trade.commands}:deadletters", "-", "+")
    #expect(letters.count == 1)
    let fields = try #require(letters[0]?[1]).compactMap(\.string)
    #expect(fields.contains("notANumber"))
    #expect(fields.contains("productid"))
    #expect(fields.contains("field:productid"))
    let log = system.log("trade-worker")
    #expect(
      log.contains("put an entry aside") && log.contains("reason=notANumber") && !log.contains("hundred"))
  }
}
