import Foundation
import Keys
import Lanes
import Market
import NIOHTTP1
import Redis
import Testbed
import Testing

/// What a whole system answers and writes is what its two descriptions say.
@Suite struct DescriptionTests {
  private static let lastNotices: [String: Set<String>] = [
    "buyer": ["거래완료"], "second": ["예약취소"], "third": ["거래불가"], "abc": ["거래완료", "예약취소", "거래불가"],
  ]

  private static let patience: HTTPHeaders = ["Prefer": "wait=10"]

  /// Makes a deal, a line, a cancel, a refusal and a dead letter.
  private static func trade(on system: TestSystem) async throws {
    let http = system.http
    #expect(try await http.list(1, product: 100).status == 201)
    #expect(try await http.register(1, product: 100, qty: 3).status == 201)
    for (id, buyer) in [(1, "buyer"), (2, "second"), (3, "third")] {
      let body =
        #"{"id":\#(id),"productid":100,"userid":"\#(buyer)","productname":"애플워치","qty":1,"reserveDt":"2024-04-04","price":1}"#
      #expect(
        try await http.post("/reserves", body, headers: ["Idempotency-Key": "k\(id)", "Prefer": "wait=10"])
          .status == 201)
      try await system.waitFor("/reserves/\(id)", id == 1 ? "거래진행중" : "예약대기")
    }
    #expect(
      try await http.call(.PATCH, "/reserves/2", #"{"address":"부산"}"#, headers: patience).status
        == 200)
    #expect(
      try await http.call(.PUT, "/reserves/2/reservecancel", headers: patience).status == 200)
    #expect(try await http.post("/trades/1/handover").status == 200)
    try await system.waitFor("/reserves/3", "거래불가")
    let refused = try await http.post(
      "/trades/1/handover", nil, headers: ["Idempotency-Key": "no", "Prefer": "wait=10"])
    #expect(refused.status == 409)
    let redis = try system.servers.connect()
    try redis.call("XADD", "trade.commands", "*", "type", "Handover", "id", "many", "commandid", "mine")
    try await eventually("there is a dead letter") {
      try redis.call("XLEN", "{trade.commands}:deadletters").integer == 1
    }
    for user in lastNotices.keys {
      try await eventually("\(user) has the last notice") {
        let notices = try await http.get("/notices?userid=\(user)&size=100")["_embedded"]["notices"].elements
        let told = Set(notices.compactMap { $0["status"].text })
        return told.isSuperset(of: Self.lastNotices[user] ?? [])
      }
    }
  }

  @Test func `every GET answers with the members that are described, and every stream has the fields`()
    async throws
  {
    let system = try await TestSystem(environment: ["HANDOVER_CODE_SECRET": "the secret of this test"])
    try await Self.trade(on: system)
    // A deal that runs, and is confirmed by a code.
    let product = #""productid":200,"productname":"의자","qty":1"#
    for (path, more) in [
      ("/trades", #""userid":"abc","price":1,"confirm":"code""#), ("/inventories", #""id":2"#),
      ("/reserves", #""id":4,"userid":"buyer","reserveDt":"2024-04-04""#),
    ] {
      #expect(try await system.http.post(path, "{\(product),\(more)}").status == 201)
    }
    try await system.waitFor("/reserves/4", "거래진행중")
    try await readAll(of: system.http)
    try streams(of: system.servers.connect())
  }

  private func readAll(of http: HTTP) async throws {
    let description = try Description("openapi")
    let notice = try #require(try await http.get("/notices")["_embedded"]["notices"][0]["id"].text)
    let escaped = try #require(notice.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    for (template, item) in description.root["paths"].members where item.names.contains("get") {
      // A stream has no end; its notices are those of GET /notices/{id}.
      if item["get"]["responses"]["200"]["content"].names == ["text/event-stream"] { continue }
      let values = [
        "{userid}": ["buyer", "abc"], "{code}": ["stale"], "{file}": ["market.js", "market.css"],
        "{commandid}": ["key:k1", "key:no"],
        "{id}": [
          ("/notices", [escaped]), ("/reserves/{id}/code", ["4"]), ("/reserves", ["1", "3", "4"]),
          ("/products", ["100"]),
        ]
        .first { template.hasPrefix($0.0) }?.1 ?? ["1"],
      ]
      let variable = values.first { template.contains($0.key) }
      for path in (variable?.value ?? [""]).map({ template.replacing(variable?.key ?? "-", with: $0) }) {
        let answer = try await http.call(.GET, path, headers: ["Accept": "application/json"])
        #expect(answer.status == 200, "\(path)")
        let content = description.resolve(item["get"]["responses"]["200"])["content"]
        let type = (answer.headers["Content-Type"].first ?? "").prefix { $0 != ";" }
        #expect(content.names.contains(String(type)), "\(path) is \(type)")
        guard type.hasSuffix("json"), !path.hasSuffix("api.json") else { continue }
        let schema = content[String(type)]["schema"]
        #expect(description.faults(in: try answer.json, of: schema, isExact: true) == [], "\(path)")
      }
    }
  }

  private func streams(of redis: any RedisLink) throws {
    let description = try Description("asyncapi")
    let shards = try redis.call("GET", Key.shardCount).integer ?? 0
    var told: Set<String> = []
    func check(_ stream: String, _ channel: String, _ message: String?) throws {
      for entry in try redis.call("XRANGE", stream, "-", "+") {
        let fields = try Fields(reading: try #require(entry[1]))
        let name = message ?? fields["type"] ?? ""
        #expect(
          description.root["channels"][channel]["messages"].names.contains(name), "\(name) in \(stream)")
        let members = Dictionary(fields.map { ($0.name, JSON.string($0.value)) }) { first, _ in first }
        let schema = description.root["components"]["messages"][name]["payload"]
        #expect(
          description.faults(in: .object(members), of: schema, isExact: true) == [], "\(name) in \(stream)")
        told.insert(name)
      }
    }
    for shard in (0..<shards).map({ Shard($0) }) {
      try check(Key.journal(of: shard), "journal", nil)
      try check(Key.status(of: shard), "status", nil)
    }
    for worker in DecidingWorker.allCases {
      try check("{\(Key.inlet(worker))}:deadletters", "deadLetters", "DeadLetter")
    }
    #expect(
      told.isSuperset(of: [
        "DeadLetter", "StatusUpdated", "CommandRejected", "TradeWaiting", "StockDecreased",
      ]))
  }
}
