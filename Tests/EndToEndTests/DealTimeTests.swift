import Foundation
import Keys
import Lanes
import Market
import Testbed
import Testing

/// What becomes of deals by themselves, and how both sides end them, with real processes.
@Suite struct DealTimeTests {
  private static let expiring = ["HANDOVER_EXPIRY_HOURS": "0.001"]

  /// Lists a product of one unit, and registers its stock.
  private func offer(
    _ system: TestSystem, _ product: Int, qty: Int = 1, confirm: Market.Confirmation = .none
  ) async throws {
    let listed = try await system.http.post(
      "/trades",
      """
      {"id":\(product),"productid":\(product),"userid":"abc","productname":"애플워치","qty":\(qty),"price":50000,\
      "confirm":"\(confirm.rawValue)"}
      """)
    #expect(listed.status == 201, "\(listed.text)")
    #expect(try await system.http.register(product, product: product, qty: qty).status == 201)
  }

  /// Reserves a unit. Returns the reservation's id.
  private func reserve(
    _ system: TestSystem, _ product: Int, _ buyer: String, on date: String = "2024-04-04",
    price: Int? = 50_000
  ) async throws -> Int {
    let answer = try await system.http.post(
      "/reserves",
      """
      {"productid":\(product),"userid":"\(buyer)","productname":"애플워치","qty":1,"reserveDt":"\(date)",\
      "address":"서울"\(price.map { ",\"price\":\($0)" } ?? "")}
      """)
    #expect(answer.status == 201, "\(answer.text)")
    return try #require(try answer.json["id"].integer)
  }

  /// Waits until the units of a running deal are held.
  private func waitForStock(_ system: TestSystem, _ product: Int, held: Int = 1) async throws {
    try await eventually("\(held) units of \(product) are held") {
      try await system.http.get("/inventories/\(product)")["held"].integer == held
    }
  }

  /// Waits until a user has been told of a reservation's status. Returns the notice.
  @discardableResult
  private func told(_ system: TestSystem, _ userid: String, _ status: String, of id: Int) async throws -> JSON
  {
    var notice: JSON?
    try await eventually("\(userid) is told of \(status)") {
      notice = try await system.http.get("/notices?userid=\(userid)")["_embedded"]["notices"].elements
        .first { $0["status"].text == status && $0["reserveid"].integer == id }
      return notice != nil
    }
    return try #require(notice)
  }

  private func expectClean(_ system: TestSystem) async throws {
    let audit = try await onThread { try system.operate("audit", "--wait", "60") }
    #expect(audit.status == 0, "\(audit.output)")
  }

  private func trade(_ system: TestSystem, _ product: Int) throws -> ProductTrade {
    let key = Key.product(product, in: Shard.of(productid: product, among: 8))
    var fields = Fields()
    for (name, value) in try system.redis.connect().call("HGETALL", key).pairs { fields.append(name, value) }
    return try ProductTrade(fields: fields)
  }

  /// Returns a reservation's row on my page, as it is stored.
  private func row(_ system: TestSystem, _ product: Int, _ id: Int) throws -> MypageRow {
    let key = Key.mypageRows(of: id, in: Shard.of(productid: product, among: 8))
    let packed = try #require(try system.redis.connect().call("HGET", key, "\(id)").string)
    return try MypageRow(packed: packed, reserveid: id)
  }

  @Test func `a buyer who does not show up makes room for the next one`() async throws {
    let system = try await TestSystem(environment: Self.expiring)
    try await offer(system, 100)
    let first = try await reserve(system, 100, "first")
    try await waitForStock(system, 100)
    // The seed's date is over, so the deal has its time from its start. The next one has a date to come.
    let second = try await reserve(system, 100, "second", on: "2099-04-04")
    try await system.waitFor("/reserves/\(first)", "예약만료")
    try await system.waitFor("/reserves/\(second)", "거래진행중")
    try await waitForStock(system, 100)
    for user in ["first", "abc"] {
      try await told(system, user, "예약만료", of: first)
    }
    try await told(system, "second", "거래진행중", of: second)
    try await eventually("my page says so") {
      let (own, next) = (
        try await system.http.get("/mypages/first"), try await system.http.get("/mypages/second")
      )
      let sold = try await system.http.get("/mypages/abc")["_embedded"]["mypages"].elements
      return own["_embedded"]["mypages"][0]["status"].text == "예약만료"
        && next["_embedded"]["mypages"][0]["status"].text == "거래진행중"
        && Set(sold.compactMap { $0["status"].text }) == ["예약만료", "거래진행중"]
    }
    // It has ended for good: nobody can hand it over any more.
    let late = try await system.http.post("/trades/100/handover", #"{"reserveid":\#(first)}"#)
    #expect(late.status == 404 || late.status == 409, "\(late.text)")
    #expect(try await system.http.post("/trades/100/handover", #"{"reserveid":\#(second)}"#).status == 200)
    try await system.waitFor("/reserves/\(second)", "거래완료")
    try await expectClean(system)
  }

  @Test func `the seed's walkthrough works with all defaults, though its date was over long ago`()
    async throws
  {
    let system = try await TestSystem()
    let http = system.http
    #expect(try await http.list(1001, product: 1001).status == 201)
    #expect(try await http.register(1001, product: 1001).status == 201)
    // In the seed, buyer and seller are the same.
    let path = try #require(try await http.reserve(product: 1001, buyer: "abc").headers["Location"].first)
    try await system.waitFor(path, "거래진행중")
    try await waitForStock(system, 1001)
    // It ends by itself, but a day after its start.
    let deal = try #require(try trade(system, 1001).running.values.first?.deal)
    let until = try #require(deal.course.until)
    let left = until.milliseconds - UInt64(Date().timeIntervalSince1970 * 1000)
    #expect((UInt64(Policy.day - Policy.hour)...UInt64(Policy.day)).contains(left))
    #expect(deal.course.remindAt == nil)
    let shard = Shard.of(productid: 1001, among: 8)
    let timers = try system.redis.connect().call("ZRANGE", Key.timers(of: shard), "0", "-1")
    #expect(timers.compactMap(\.string).contains("expiry:\(deal.reserveid):1001:\(until.milliseconds)"))
    let href = try #require(try await http.get(path)["_links"]["reservecancel"]["href"].text)
    #expect(try await http.call(.PUT, href, headers: ["Prefer": "wait=10"]).status == 200)
    try await system.waitFor(path, "예약취소")
    let again = try #require(try await http.reserve(product: 1001, buyer: "abc").headers["Location"].first)
    try await system.waitFor(again, "거래진행중")
    #expect(try await http.post("/trades/1001/handover").status == 200)
    try await system.waitFor(again, "거래완료")
    #expect(try await system.waitFor("/inventories/1001", "재고감소")["qty"].integer == 0)
    #expect(try system.redis.connect().call("EXISTS", Key.timers(of: shard)).integer == 0)
    try await expectClean(system)
  }

  @Test func `what came due while all workers were down comes in order once they are back`() async throws {
    let system = try await TestSystem(environment: ["HANDOVER_EXPIRY_HOURS": "0.003"])
    // One shard has one clock.
    let shard = Shard.of(productid: 1, among: 8)
    let products = (1...400).filter { Shard.of(productid: $0, among: 8).tag == shard.tag }.prefix(10)
    for product in products {
      try await offer(system, product)
      _ = try await reserve(system, product, "buyer\(product)")
      try await waitForStock(system, product)
    }
    let workers = TestSystem.workers.map { "\($0)-worker" }
    for worker in workers { #expect(system.stop(worker).allSatisfy { $0 != nil }) }
    let redis = try system.redis.connect()
    try await eventually("all has come due") {
      let last = try redis.call("ZRANGE", Key.timers(of: shard), "0", "-1", "WITHSCORES").compactMap(\.string)
      let due = stride(from: 0, to: last.count, by: 2).filter { last[$0].hasPrefix("expiry:") }
        .compactMap { Double(last[$0 + 1]) }.max()
      return due.map { $0 < Date().timeIntervalSince1970 * 1000 } ?? true
    }
    for worker in workers { try system.start(worker) }
    for product in products {
      try await eventually("the deal of \(product) has expired") {
        let rows = try await system.http.get("/mypages/buyer\(product)")
        return rows["_embedded"]["mypages"][0]["status"].text == "예약만료"
      }
    }
    let ended = try redis.call("XRANGE", Key.journal(of: shard), "-", "+").compactMap { entry -> Int? in
      let fields = entry[1]
      return fields?.value("type")?.string == "TradeExpired" ? fields?.value("productid")?.integer : nil
    }
    #expect(ended == Array(products))
    try await expectClean(system)
  }

  @Test func `five wrong codes pause a deal, and the right one completes another`() async throws {
    let secret = "0123456789abcdef"
    let file = FileManager.default.temporaryDirectory.appending(
      path: "codes-\(UInt32.random(in: 0 ... .max))")
    try "\(secret)\n".write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let system = try await TestSystem(environment: ["HANDOVER_CODE_SECRET_FILE": file.path])
    let http = system.http
    try await offer(system, 100, qty: 2, confirm: .code)
    let (first, second) = (try await reserve(system, 100, "first"), try await reserve(system, 100, "second"))
    try await waitForStock(system, 100, held: 2)
    let running = try trade(system, 100).running
    let codes = HandoverCodes(secret: secret.utf8)
    func code(of id: Int) throws -> String {
      codes.code(of: id, arrived: try #require(running[id]).waiting.arrived)
    }
    func handOver(_ id: Int, _ code: String?) async throws -> (status: UInt, problem: String?, retry: String?)
    {
      let said = code.map { #","code":"\#($0)""# } ?? ""
      let answer = try await http.post("/trades/100/handover", #"{"reserveid":\#(id)\#(said)}"#)
      return (answer.status, try answer.json["code"].text, answer.headers["Retry-After"].first)
    }
    #expect(try await handOver(first, nil).problem == "codeNeeded")
    let right = try code(of: first)
    let wrong = right == "0000" ? "0001" : "0000"
    for _ in 1...5 { #expect(try await handOver(first, wrong).problem == "wrongCode") }
    // Not even the right one helps now, but another deal has its own code.
    #expect(try await handOver(first, right).problem == "codePaused")
    #expect(try await handOver(second, try code(of: second)).status == 200)
    try await system.waitFor("/reserves/\(second)", "거래완료")
    #expect(try await http.get("/reserves/\(first)")["status"].text == "거래진행중")
    // Nowhere is a code to be read.
    let redis = try system.redis.connect()
    let journal = Key.journal(of: Shard.of(productid: 100, among: 8))
    for entry in try redis.call("XRANGE", journal, "-", "+") {
      #expect(entry[1]?.value("code") == nil)
    }
    #expect(
      try await system.http.post("/trades/100/cancel", #"{"reserveid":\#(first),"reason":"other"}"#).status
        == 200)
    try await system.waitFor("/reserves/\(first)", "거래취소")
    for user in ["first", "abc"] {
      let notice = try await told(system, user, "거래취소", of: first)
      #expect(notice["message"].text?.contains(CancelReason.other.message) == true, "\(notice)")
    }
    try await eventually("my page says why") { try row(system, 100, first).reason == "other" }
    try await expectClean(system)
  }

  @Test func `the code that a buyer is shown is the one that the seller needs`() async throws {
    let system = try await TestSystem(environment: ["HANDOVER_CODE_SECRET": "0123456789abcdef"])
    try await offer(system, 100, confirm: .code)
    let id = try await reserve(system, 100, "buyer")
    try await waitForStock(system, 100)
    let shown = try await system.http.call(.GET, "/reserves/\(id)/code")
    #expect(shown.status == 200, "\(shown.text)")
    let code = try #require(try shown.json["code"].text)
    let handover = try await system.http.post(
      "/trades/100/handover", #"{"reserveid":\#(id),"code":"\#(code)"}"#)
    #expect(handover.status == 200, "\(handover.text)")
    try await system.waitFor("/reserves/\(id)", "거래완료")
    #expect(try await system.http.call(.GET, "/reserves/\(id)/code").status == 409)
  }

  @Test func `a handover that its buyer does not confirm completes by itself`() async throws {
    let system = try await TestSystem(environment: ["HANDOVER_RECEIPT_DAYS": "0.00003"])
    try await offer(system, 100, confirm: .buyer)
    let id = try await reserve(system, 100, "buyer", on: "2099-04-04")
    try await waitForStock(system, 100)
    let handover = try await system.http.post("/trades/100/handover")
    #expect(handover.status == 200, "\(handover.text)")
    for user in ["buyer", "abc"] {
      for status in ["인계완료", "거래완료"] { try await told(system, user, status, of: id) }
    }
    try await system.waitFor("/reserves/\(id)", "거래완료")
    try await system.waitFor("/inventories/100", "재고감소")
    try await expectClean(system)
  }

  @Test func `buyers confirm what they have received, by REST and by entries`() async throws {
    let system = try await TestSystem()
    let http = system.http
    try await offer(system, 100, qty: 2, confirm: .buyer)
    let (first, second) = (try await reserve(system, 100, "first"), try await reserve(system, 100, "second"))
    try await waitForStock(system, 100, held: 2)
    let early = try await http.post("/reserves/\(first)/receipt")
    #expect(early.status == 409, "\(early.text)")
    #expect(try early.json["code"].text == "notHandedOver")
    for id in [first, second] {
      #expect(try await http.post("/trades/100/handover", #"{"reserveid":\#(id)}"#).status == 200)
      try await system.waitFor("/reserves/\(id)", "인계완료")
    }
    let answer = try await http.post("/reserves/\(first)/receipt")
    #expect(answer.status == 200, "\(answer.text)")
    #expect(try answer.json["status"].text == "거래완료")
    // Without a product, it is found by the reservation's id.
    try system.redis.connect().call(
      "XADD", "trade.commands", "*", "type", "ConfirmReceipt", "id", "\(second)")
    for id in [first, second] { try await system.waitFor("/reserves/\(id)", "거래완료") }
    try await eventually("all units are gone") { try await http.get("/inventories/100")["qty"].integer == 0 }
    try await expectClean(system)
  }

  @Test func `of a seller's handover and cancel at the same time, one wins, a thousand times`() async throws {
    let system = try await TestSystem(replicas: 2)
    let http = system.http
    let (products, each) = (20, 50)
    for product in 1...products { try await offer(system, product, qty: each) }
    var deals: [(id: Int, product: Int)] = []
    for batch in 0..<10 {
      deals += try await withThrowingTaskGroup { group in
        for number in 0..<100 {
          let product = (batch * 100 + number) % products + 1
          group.addTask { (try await self.reserve(system, product, "buyer\(number)"), product) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    for product in 1...products { try await waitForStock(system, product, held: each) }
    var winners: [Int: Int] = [:]
    for start in stride(from: 0, to: deals.count, by: 50) {
      let answers = try await withThrowingTaskGroup(of: (id: Int, isHandover: Bool, status: UInt).self) {
        group in
        for (place, deal) in deals[start..<start + 50].enumerated() {
          for isHandover in place.isMultiple(of: 2) ? [true, false] : [false, true] {
            group.addTask {
              let path = "/trades/\(deal.product)/\(isHandover ? "handover" : "cancel")"
              let more = isHandover ? "" : #","reason":"changedMind""#
              let answer = try await http.post(path, #"{"reserveid":\#(deal.id)\#(more)}"#)
              return (deal.id, isHandover, answer.status)
            }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for (id, calls) in Dictionary(grouping: answers, by: \.id) {
        let won = calls.filter { $0.status == 200 }
        #expect(won.count == 1, "\(calls)")
        winners[id] = won.first?.isHandover == true ? 1 : 0
      }
    }
    let completed = winners.values.reduce(0, +)
    #expect(winners.count == 1000 && completed > 0 && completed < 1000)
    for (id, product) in deals {
      let status = winners[id] == 1 ? "거래완료" : "거래취소"
      let key = Key.reservation(id, in: Shard.of(productid: product, among: 8))
      let redis = try system.redis.connect()
      try await eventually("\(id) is \(status)") { try redis.call("HGET", key, "status").string == status }
    }
    try await expectClean(system)
    let left = try await (1...products).asyncSum {
      try await http.get("/inventories/\($0)")["qty"].integer ?? 0
    }
    #expect(left == 1000 - completed)
  }

  @Test func `a seller's price, one reservation each and no deal with oneself are rules if they are wanted`()
    async throws
  {
    let system = try await TestSystem(
      environment: [
        "HANDOVER_PRICE": "listing", "HANDOVER_ONE_RESERVATION_EACH": "on", "HANDOVER_OWN_LISTING": "refused",
      ])
    try await offer(system, 100, qty: 3)
    let cheap = try await reserve(system, 100, "cheap", price: 49_999)
    let fair = try await reserve(system, 100, "fair")
    let open = try await reserve(system, 100, "open", price: nil)
    let own = try await reserve(system, 100, "abc")
    try await system.waitFor("/reserves/\(fair)", "거래진행중")
    let greedy = try await reserve(system, 100, "fair")
    for (id, user, refusal) in [
      (cheap, "cheap", Refusal.priceDiffers), (own, "abc", .ownListing), (greedy, "fair", .alreadyReserved),
    ] {
      try await system.waitFor("/reserves/\(id)", "거래불가")
      let notice = try await told(system, user, "거래불가", of: id)
      #expect(notice["message"].text?.contains(refusal.message) == true, "\(notice)")
      try await eventually("my page says why") { try row(system, 100, id).reason == refusal.rawValue }
    }
    // What was left open is what the seller asks for.
    try await system.waitFor("/reserves/\(open)", "거래진행중")
    #expect(try await system.http.get("/reserves/\(open)")["price"].integer == 50_000)
    try await expectClean(system)
  }

  @Test func `by default, any price is taken, and the seed's abc deals with itself`() async throws {
    let system = try await TestSystem()
    try await offer(system, 100, qty: 3)
    for (buyer, price) in [("abc", 1), ("abc", 50_000), ("other", 99_999)] {
      let id = try await reserve(system, 100, buyer, price: price)
      let item = try await system.waitFor("/reserves/\(id)", "거래진행중")
      #expect(item["price"].integer == price)
    }
    // Without a secret, nobody can ask for codes.
    let coded = try await system.http.post(
      "/trades",
      #"{"productid":101,"userid":"abc","productname":"책","qty":1,"price":5000,"confirm":"code"}"#)
    #expect(try coded.json["code"].text == "codesOff")
  }
}

extension ClosedRange<Int> {
  fileprivate func asyncSum(_ term: (Int) async throws -> Int) async throws -> Int {
    var sum = 0
    for number in self { sum += try await term(number) }
    return sum
  }
}
