import NIOHTTP1
import Testbed
import Testing

/// Pages that were loaded before a change, and are sent back as a whole, as the front end does.
@Suite struct StalePageTests {
  /// A listing and a stock of two units, one of which is handed over after the pages were loaded.
  private struct Sale {
    let system: TestSystem
    let inventory: HTTP.Answer
    let trade: HTTP.Answer
    let reserve: HTTP.Answer

    var http: HTTP { system.http }

    init() async throws {
      system = try await TestSystem()
      let http = system.http
      #expect(try await http.list(1, product: 100, qty: 2).status == 201)
      #expect(try await http.register(1, product: 100, qty: 2).status == 201)
      inventory = try await http.call(.GET, "/inventories/1")
      let made = try #require(try await http.reserve(product: 100, buyer: "buyer").headers["Location"].first)
      try await system.waitFor(made, "거래진행중")
      try await system.waitFor("/inventories/1", "재고확보")
      trade = try await http.call(.GET, "/trades/1")
      reserve = try await http.call(.GET, made)
    }

    func complete() async throws {
      #expect(try await http.post("/trades/1/handover").status == 200)
      try await system.waitFor("/inventories/1", "재고감소")
    }
  }

  /// Returns a page to send back, with some text on it changed.
  private func edited(_ page: HTTP.Answer, _ old: String, _ new: String) -> String {
    page.text.replacing(old, with: new)
  }

  @Test func `a stale page cannot bring sold stock back`() async throws {
    let sale = try await Sale()
    // While nothing has changed, the whole item can be sent back.
    let fresh = try await sale.http.call(.GET, "/inventories/1")
    let same = edited(fresh, "애플워치", "손목시계")
    #expect(try await sale.http.call(.PUT, "/inventories/1", same).status == 200)
    try await sale.complete()
    let late = try await sale.http.call(.PUT, "/inventories/1", edited(sale.inventory, "애플워치", "시계"))
    #expect(late.status == 409)
    #expect(try late.json["code"].text == "stale")
    #expect(try late.json["message"].text?.contains("qty: 1 (보낸 값 2)") == true)
    #expect(try await sale.http.get("/inventories/1")["qty"].integer == 1)
    let now = try await sale.http.call(.GET, "/inventories/1")
    #expect(try await sale.http.call(.PUT, "/inventories/1", edited(now, "손목시계", "시계")).status == 200)
    // A change without a version always applies.
    #expect(try await sale.http.call(.PATCH, "/inventories/1", #"{"qty":7}"#).status == 200)
  }

  @Test func `a listing can be changed only from its latest version`() async throws {
    let sale = try await Sale()
    try await sale.complete()
    let late = try await sale.http.call(.PUT, "/trades/1", edited(sale.trade, "50000", "60000"))
    #expect(late.status == 409)
    let page = try await sale.http.call(.GET, "/trades/1")
    #expect(page.headers["ETag"].first == "\"1-0-1\"")
    let done = try await sale.http.call(
      .PATCH, "/trades/1", #"{"price":60000}"#, headers: ["If-Match": "\"1-0-1\""])
    #expect(done.status == 200)
    #expect(done.headers["ETag"].first == "\"2-0-1\"")
    #expect(try done.json["version"].integer == 2)
    let again = try await sale.http.call(
      .PATCH, "/trades/1", #"{"price":70000}"#, headers: ["If-Match": "\"1-0-1\""])
    #expect(again.status == 412)
    #expect(try again.json["code"].text == "stale")
    let gone = try await sale.http.call(.DELETE, "/trades/1", headers: ["If-Match": "\"1-0-1\""])
    #expect(gone.status == 412)
    #expect(try await sale.http.call(.DELETE, "/trades/1", headers: ["If-Match": "*"]).status == 204)
    // It is no longer listed, like deleted reservations and inventories.
    #expect(try await sale.http.get("/trades")["_embedded"]["trades"] == .array([]))
    #expect(try await sale.http.call(.GET, "/trades/1").status == 404)
    #expect(try await sale.http.call(.DELETE, "/trades/1").status == 404)
  }

  @Test func `an address can be changed from a page with an older status`() async throws {
    let sale = try await Sale()
    let path = "/reserves/\(try sale.reserve.json["id"].integer ?? 0)"
    let moved = try await sale.http.call(
      .PUT, path, edited(sale.reserve, "거래진행중", "예약완료").replacing("방배동", with: "서초동"))
    #expect(moved.status == 200)
    #expect(try moved.json["address"].text?.hasSuffix("서초동") == true)
    // The page from before that change is stale.
    let late = try await sale.http.call(.PUT, path, edited(sale.reserve, "방배동", "반포동"))
    #expect(late.status == 409)
  }

  @Test func `a copy of a request is answered like the first`() async throws {
    let sale = try await Sale()
    let wish = edited(sale.trade, "거래진행중", "거래완료")
    for _ in 1...2 {
      let answer = try await sale.http.call(.PUT, "/trades/1", wish, headers: ["Idempotency-Key": "once"])
      #expect(answer.status == 200)
      #expect(try answer.json["sold"].integer == 1)
    }
    let stale = edited(sale.trade, "50000", "60000")
    for _ in 1...2 {
      let answer = try await sale.http.call(.PUT, "/trades/1", stale, headers: ["Idempotency-Key": "late"])
      #expect(answer.status == 409)
      #expect(try answer.json["code"].text == "stale")
    }
  }

  @Test func `a new status in the request is carried out as a command`() async throws {
    let sale = try await Sale()
    let typed = try await sale.http.call(.PUT, "/trades/1", edited(sale.trade, "거래진행중", "거래완료"))
    #expect(typed.status == 200)
    #expect(try typed.json["sold"].integer == 1)
    #expect(try await sale.http.get("/trades/1")["sold"].integer == 1)
    let reserve = try #require(
      try await sale.http.reserve(product: 100, buyer: "둘째").headers["Location"].first)
    let running = try await sale.system.waitFor(reserve, "거래진행중")
    #expect(running["version"].integer == 1)
    let canceled = try await sale.http.call(.PATCH, reserve, #"{"status":"예약취소"}"#)
    #expect(canceled.status == 200)
    #expect(try canceled.json["status"].text == "예약취소")
    let impossible = try await sale.http.call(.PATCH, reserve, #"{"status":"거래완료"}"#)
    #expect(impossible.status == 422)
    // No deal is running any longer.
    #expect(try await sale.http.call(.PATCH, "/trades/1", #"{"status":"거래완료"}"#).status == 409)
  }
}
