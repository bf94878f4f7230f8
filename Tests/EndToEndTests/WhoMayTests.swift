import NIOHTTP1
import Redis
import Testbed
import Testing

/// The table of the README, called as each of its five callers.
@Suite struct WhoMayTests {
  private static let callers = ["", "구매자", "판매자", "이웃", "운영자"]
  private static let buyer = 1
  private static let seller = 2
  private static let operating = 4

  /// A system that needs tokens.
  private final class Gate: Sendable {
    let system: TestSystem
    let issuer: TestIssuer
    private let tokens: [String?]

    init() async throws {
      issuer = try TestIssuer()
      let unlimited = ["READS_PER_MINUTE", "WRITES_PER_MINUTE", "CONNECTIONS_PER_CLIENT"].map {
        ("HANDOVER_\($0)", "0")
      }
      let secret = [("HANDOVER_CODE_SECRET", "the secret of this test")]
      system = try await TestSystem(environment: issuer.settings.merging(unlimited + secret) { $1 })
      tokens = try WhoMayTests.callers.enumerated().map { [issuer] place, name in
        name.isEmpty
          ? nil : try issuer.token(name, scope: place == WhoMayTests.operating ? "a handover:operator" : nil)
      }
    }

    func call(
      _ caller: Int, _ method: String, _ path: String, _ body: String? = nil, prefer: String = "wait=10"
    ) async throws -> HTTP.Answer {
      var headers: HTTPHeaders = ["Prefer": prefer]
      if let token = tokens[caller] { headers.add(name: "Authorization", value: "Bearer \(token)") }
      if path.hasPrefix("/notices/stream") {
        let stream = try await EventStream(system.http.base + path, headers: headers)
        // It does not end, unless it is refused.
        if stream.status != 200 { try await eventually("the answer ends") { stream.isEnded } }
        return HTTP.Answer(status: stream.status, headers: stream.headers, text: stream.rest)
      }
      return try await system.http.call(.init(rawValue: method), path, body, headers: headers)
    }
  }

  /// A deal that runs, and what the paths of the table name.
  private struct Sale {
    let product: Int
    var reserve = 0
    var trade = 0
    var inventory = 0
    var notice = ""
    var operation = ""

    /// - Parameter confirm: what the listing asks for; if that is `buyer`, the deal is handed over.
    init(_ product: Int, on gate: Gate, inStock: Bool = true, confirm: String = "none") async throws {
      self.product = product
      let item = #""productid":\#(product),"productname":"자전거","qty":3"#
      let listing = #"{\#(item),"price":1000,"confirm":"\#(confirm)"}"#
      trade = try await Self.id(gate.call(seller, "POST", "/trades", listing))
      guard inStock else { return }
      inventory = try await Self.id(gate.call(seller, "POST", "/inventories", "{\(item)}"))
      let asked = #"{\#(item),"reserveDt":"2024-04-04","address":"서울 마포구 12","price":1000}"#
      let made = try await gate.call(buyer, "POST", "/reserves", asked, prefer: "respond-async")
      #expect(made.status == 202, "\(made.text)")
      reserve = try #require(made.json["id"].integer)
      operation = try #require(made.json["commandid"].text)
      let shown = "/reserves/\(reserve)"
      try await eventually("the deal runs") {
        try await gate.call(buyer, "GET", shown).json["status"].text == "거래진행중"
      }
      if confirm == "buyer" {
        let given = try await gate.call(seller, "POST", path("/trades/{id}/handover"))
        #expect(given.status == 200, "\(given.text)")
      }
      let name = WhoMayTests.escaped(WhoMayTests.callers[buyer])
      try await eventually("the buyer has a notice") {
        let page = try await gate.call(buyer, "GET", "/notices?userid=\(name)&size=5")
        let own = try page.json["_embedded"]["notices"].elements.first { $0["reserveid"].integer == reserve }
        notice = WhoMayTests.escaped(own?["id"].text ?? "")
        return own != nil
      }
    }

    private static func id(_ answer: HTTP.Answer) throws -> Int {
      #expect(answer.status == 201, "\(answer.text)")
      return try #require(answer.json["id"].integer)
    }

    func path(_ template: String) -> String {
      let own = [
        "/products": "\(product)", "/reserves": "\(reserve)", "/trades": "\(trade)",
        "/inventories": "\(inventory)",
      ]
      var path = template.replacing("{userid}", with: WhoMayTests.escaped(WhoMayTests.callers[buyer]))
        .replacing("{commandid}", with: operation).replacing("{file}", with: "design.css").replacing(
          "{code}", with: "notYours")
      if path.hasPrefix("/notices") { path = path.replacing("{id}", with: notice) }
      for (head, id) in own where path.hasPrefix(head) { path = path.replacing("{id}", with: id) }
      return path
    }

    func body(_ call: WhoMay.Call, by caller: Int) -> String? {
      let name = caller == operating ? #""userid":"다른 이","# : ""
      let item = #""productname":"자전거","qty":3"#
      switch (call.method, call.path) {
      case ("POST", "/trades"):
        // Nobody sells it yet.
        return #"{\#(name)"productid":\#(product + 500_000),\#(item),"price":1000}"#
      case ("POST", "/reserves"):
        return #"{\#(name)"productid":\#(product),\#(item),"reserveDt":"2024-04-04","price":1}"#
      case ("POST", "/inventories"): return #"{"productid":\#(product),\#(item)}"#
      case (_, "/reserves/{id}"): return #"{"address":"부산"}"#
      case (_, "/trades/{id}"): return #"{"price":900}"#
      case (_, "/inventories/{id}"): return #"{"qty":9}"#
      case (_, "/trades/{id}/cancel"): return #"{"reserveid":\#(reserve),"reason":"other"}"#
      default: return nil
      }
    }
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  @Test func `everybody may do exactly what the README's table says`() async throws {
    let gate = try await Gate()
    let rows = try WhoMay.table()
    #expect(rows.count > 15 && rows.allSatisfy { $0.statuses.count == 5 })
    var product = 1000
    for row in rows {
      for call in row.calls {
        for (caller, expected) in row.statuses.enumerated() {
          product += 1
          // What is made for the first time is not there yet, and what is withdrawn is in no deal.
          let isNew = call.method == "POST" && call.path == "/inventories"
          let confirm = ["/reserves/{id}/receipt": "buyer", "/reserves/{id}/code": "code"][call.path]
          let sale = try await Sale(product, on: gate, inStock: !isNew, confirm: confirm ?? "none")
          if call.method == "DELETE", !call.path.hasPrefix("/reserves") {
            #expect(
              try await gate.call(Self.buyer, "DELETE", sale.path("/reserves/{id}")).status == 204)
            try await eventually("the units are free") {
              try await gate.call(0, "GET", sale.path("/inventories/{id}")).json["held"].integer == 0
            }
          }
          let answer = try await gate.call(
            caller, call.method, sale.path(call.path), sale.body(call, by: caller))
          #expect(
            answer.status == expected,
            "\(call.method) \(call.path) by \(WhoMay.callers[caller]): \(answer.text)")
          try check(answer, call, of: caller)
        }
      }
    }
    let audit = try gate.system.operate("audit", "--wait", "60")
    #expect(audit.status == 0, "\(audit.output)")
  }

  /// What people are told beside the status.
  private func check(_ answer: HTTP.Answer, _ call: WhoMay.Call, of caller: Int) throws {
    if answer.status == 401 {
      #expect(answer.headers.first(name: "WWW-Authenticate")?.hasPrefix("Bearer") == true)
    }
    if answer.status >= 400 {
      let problem = try answer.json
      #expect(problem["message"].text?.isEmpty == false && problem["code"].text?.isEmpty == false)
    }
    guard answer.status == 200, call.method == "GET", caller != Self.operating else { return }
    // Files are nobody's, and streams have tests of their own.
    guard answer.headers.first(name: "Content-Type")?.contains("json") == true else { return }
    let name = Self.callers[caller]
    for notice in try answer.json["_embedded"]["notices"].elements where call.path == "/notices" {
      #expect(notice["userid"].text == name)
    }
    for reserve in try answer.json["_embedded"]["reserves"].elements {
      #expect(reserve["userid"].text == name || caller == Self.seller)
    }
  }

  @Test func `nobody acts in the name of another, whatever the body says`() async throws {
    let gate = try await Gate()
    let sale = try await Sale(1, on: gate)
    for (path, more) in [("/reserves", #""reserveDt":"2024-04-04","#), ("/trades", "")] {
      let body =
        #"{"productid":77,"userid":"구매자",\#(more)"productname":"자전거","qty":1,"price":1,"actor":"구매자","operator":"1"}"#
      let forged = try await gate.call(3, "POST", path, body)
      #expect(forged.status == 403)
      #expect(try forged.json["field"].text == "userid")
    }
    // An actor in the body is nobody.
    let cancel = try await gate.call(
      3, "PUT", sale.path("/reserves/{id}/reservecancel"), #"{"actor":"구매자","operator":"1"}"#)
    #expect(cancel.status == 403)
    #expect(try cancel.json["message"].text == "본인의 예약이나 판매가 아닙니다.")
    // What the refused calls were about is not told.
    let peek = try await gate.call(3, "PUT", sale.path("/reserves/{id}"), #"{"price":1}"#)
    #expect(peek.status == 403 && !peek.text.contains("마포구") && !peek.text.contains("1000"))
  }

  @Test func `the address is shown to the two parties, to the seller only for the handover`() async throws {
    let gate = try await Gate()
    let sale = try await Sale(1, on: gate)
    func address(_ caller: Int, _ path: String) async throws -> String? {
      let answer = try await gate.call(caller, "GET", path)
      let rows = try answer.json["_embedded"]
      return try (rows["mypages"][0]["address"].text ?? rows["reserves"][0]["address"].text)
        ?? answer.json["address"].text
    }
    let own = sale.path("/reserves/{id}")
    for (caller, name) in [(Self.buyer, "구매자"), (Self.seller, "판매자")] {
      for path in [own, "/reserves", "/mypages/\(Self.escaped(name))"] {
        try await eventually("\(path) shows the address") {
          try await address(caller, path) == "서울 마포구 12"
        }
      }
    }
    // The writes of the buyer show it too, though outcomes do not store it.
    let moved = try await gate.call(Self.buyer, "PATCH", own, #"{"reserveDt":"2024-05-05"}"#)
    #expect(try moved.json["address"].text == "서울 마포구 12")
    let operation = try await gate.call(Self.buyer, "GET", sale.path("/operations/{commandid}"))
    #expect(try operation.json["reserve"]["address"].text == "서울 마포구 12")
    let canceled = try await gate.call(Self.buyer, "PUT", own + "/reservecancel")
    #expect(try canceled.json["address"].text == "서울 마포구 12")
    #expect(try await address(Self.buyer, own) == "서울 마포구 12")
    #expect(try await address(Self.seller, own) == "")
    try await eventually("the seller's my page no longer shows it") {
      try await address(Self.seller, "/mypages/\(Self.escaped("판매자"))") == ""
    }
    // It stands nowhere but in the reservation, its row, and the log of what was said.
    let redis = try gate.system.redis.connect()
    var read = 0
    for key in try redis.call("KEYS", "*").compactMap(\.string) {
      let mayHold = ["}:reserve:", "}:mypage:", "}:events", "}:reservation.commands"]
      if mayHold.contains(where: key.contains) { continue }
      let ask: [String]? =
        switch try redis.call("TYPE", key).string {
        case "string": ["GET", key]
        case "hash": ["HGETALL", key]
        case "list": ["LRANGE", key, "0", "-1"]
        case "zset": ["ZRANGE", key, "0", "-1"]
        case "stream": ["XRANGE", key, "-", "+"]
        default: nil
        }
      let found = try redis.call(RESPWords(try #require(ask)))
      #expect(!Self.texts(in: found).contains { $0.contains("마포구 12") }, "\(key)")
      read += 1
    }
    #expect(read > 20)
  }

  private static func texts(in reply: Reply) -> [String] {
    reply.string.map { [$0] } ?? reply.flatMap { texts(in: $0) }
  }

  @Test func `a product's card shows its caller's own reservations, and nobody the names of others`()
    async throws
  {
    let gate = try await Gate()
    let sale = try await Sale(1, on: gate)
    let path = "/products/\(sale.product)"
    try await eventually("the buyer's card has the reservation") {
      try await gate.call(Self.buyer, "GET", path).json["yours"][0]["reserveid"].integer == sale.reserve
    }
    for caller in [Self.seller, 3, Self.operating] {
      let card = try await gate.call(caller, "GET", path)
      #expect(try card.json["yours"] == .array([]) && !card.text.contains("구매자"))
    }
    let nobodys = try await gate.call(0, "GET", path)
    #expect(try !nobodys.json.names.contains("yours") && !nobodys.text.contains("구매자"))
    let named = "\(path)?userid=\(Self.escaped("구매자"))"
    for (caller, status) in [
      (0, 401), (Self.buyer, 200), (Self.seller, 403), (3, 403), (Self.operating, 200),
    ] {
      #expect(try await gate.call(caller, "GET", named).status == status)
    }
  }

  @Test func `an idempotency key is its caller's own`() async throws {
    let gate = try await Gate()
    _ = try await Sale(1, on: gate)
    let body = #"{"productid":1,"productname":"자전거","qty":1,"reserveDt":"2024-04-04","price":1}"#
    var ids: Set<Int> = []
    for caller in [Self.buyer, 3] {
      for _ in 1...2 {
        let headers: HTTPHeaders = [
          "Idempotency-Key": "same-key", "Prefer": "wait=10",
          "Authorization": "Bearer \(try gate.issuer.token(Self.callers[caller]))",
        ]
        let made = try await gate.system.http.call(.POST, "/reserves", body, headers: headers)
        #expect(made.status == 201, "\(made.text)")
        #expect(try made.json["userid"].text == Self.callers[caller])
        ids.insert(try #require(made.json["id"].integer))
      }
    }
    #expect(ids.count == 2)
  }

  @Test func `a user can have only so many reservations that wait, and one for a product`() async throws {
    let issuer = try TestIssuer()
    var settings = issuer.settings
    settings["HANDOVER_WAITING_PER_USER"] = "3"
    let system = try await TestSystem(environment: settings)
    let headers: HTTPHeaders = [
      "Prefer": "wait=10", "Authorization": "Bearer \(try issuer.token("김민지"))",
    ]
    func reserve(_ product: Int) async throws -> HTTP.Answer {
      try await system.http.call(
        .POST, "/reserves",
        #"{"productid":\#(product),"productname":"자전거","qty":1,"reserveDt":"2024-04-04","price":1}"#,
        headers: headers)
    }
    func rows(_ status: String) async throws -> Int {
      let page = try await system.http.call(.GET, "/mypages/\(Self.escaped("김민지"))", headers: headers)
      return try page.json["_embedded"]["mypages"].elements.count { $0["status"].text == status }
    }
    #expect(try await reserve(1).status == 201)
    let second = try await reserve(1)
    #expect(second.status == 201)
    let id = try #require(second.json["id"].integer)
    try await eventually("the second one for the product is turned down") {
      try await system.http.call(.GET, "/reserves/\(id)", headers: headers).json["status"].text == "거래불가"
    }
    for product in 2...3 { #expect(try await reserve(product).status == 201) }
    try await eventually("three wait") { try await rows("예약대기") == 3 }
    let fourth = try await reserve(4)
    #expect(fourth.status == 409)
    #expect(try fourth.json["code"].text == "tooManyWaiting")
  }

  @Test func `who did it stands in the timeline, with the door it came through`() async throws {
    let gate = try await Gate()
    let sale = try await Sale(1, on: gate)
    let redis = try gate.system.redis.connect()
    try redis.call(
      "XADD", "trade.commands", "*", "type", "Handover", "id", "\(sale.trade)", "actor", "이웃")
    try await eventually("it is handed over") {
      try await gate.call(Self.buyer, "GET", sale.path("/reserves/{id}")).json["status"].text == "거래완료"
    }
    let shown = try gate.system.operate("timeline", "product", "1").output
    #expect(shown.contains("구매자 by http") && shown.contains("판매자 by http"), "\(shown)")
    #expect(shown.contains("actor=판매자") && shown.contains("inlet") && !shown.contains("이웃"), "\(shown)")
  }
}
