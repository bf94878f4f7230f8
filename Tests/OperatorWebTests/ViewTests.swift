import AsyncHTTPClient
import Foundation
import Keys
import Lanes
import Market
import NIOCore
import Operations
import OperatorWeb
import Redis
import Testbed
import Testing

/// What the page shows of the system: its state, its deals, what happens, and whether everything agrees.
@Suite struct ViewTests {
  private static func deal(_ web: TestWeb) throws {
    let connection = try web.redis.connect()
    for entry in [
      ["trade.commands", "type", "ListTrade", "id", "1", "userid", "이준호", "price", "1000"],
      ["stock.commands", "type", "RegisterStock", "id", "1"],
      [
        "reservation.commands", "type", "Reserve", "id", "1", "userid", "김민지", "price", "1000",
        "reserveDt", "2026-12-24", "address", "서울 마포구 양화로 1",
      ],
    ] {
      let words =
        ["XADD", entry[0], "*"] + entry.dropFirst() + ["productid", "1", "productname", "책", "qty", "1"]
      try connection.call(RESPWords(words))
    }
  }

  @Test func `the state tells workers, lanes, lag, what was read, and halts with the remedy`() async throws {
    try await TestWeb.run { web in
      let halt = LaneName(worker: "trade", tag: "{0}").halt
      try web.redis.connect().call("HSET", halt, "reason", "It is wrong.", "remedy", "mend it")
      try Self.deal(web)
      let behind = try await web.get("/status.json").json
      #expect(behind["workers"].elements.compactMap { $0["lag"].integer } == [1, 1, 1, 0, 0])
      let lane = try #require(behind["lanes"].elements.first { $0["lane"].text == "trade{0}" })
      #expect(lane["halt"]["reason"].text == "It is wrong." && lane["halt"]["remedy"].text == "mend it")
      try web.redis.connect().call("DEL", halt)
      try await web.working {
        try await eventually("everything was read") {
          let workers = try await web.get("/status.json").json["workers"].elements
          return workers.allSatisfy { $0["lag"].integer == 0 && $0["read"].integer ?? 0 > 0 }
        }
      }
      let memory = try await web.get("/memory.json").json
      #expect(memory["used"].integer ?? 0 > 100_000 && memory["keys"].integer ?? 0 > 20)
      let kinds = Set(memory["kinds"].elements.compactMap { $0["kind"].text })
      #expect(kinds.isSuperset(of: ["events", "trade.commands"]))
    }
  }

  @Test func `a deal is found by reservation, listing, product and user, without personal data`() async throws
  {
    try await TestWeb.run { web in
      try Self.deal(web)
      try await web.working {
        try await eventually("the deal runs") {
          let deals = try await web.get("/deals.json?user=%EA%B9%80%EB%AF%BC%EC%A7%80").json
          return deals["deals"][0]["status"].text == "거래진행중" && deals["deals"][0]["role"].text == "buyer"
        }
        try await eventually("the notices are there") {
          try await web.get("/timeline.json?reserve=1").text.contains("거래가 시작되었습니다")
        }
      }
      for subject in ["reserve", "trade", "product"] {
        let hidden = try await web.get("/timeline.json?\(subject)=1")
        for secret in ["김민지", "이준호", "마포구"] {
          #expect(!hidden.text.contains(secret), "\(subject) shows \(secret)")
        }
        #expect(hidden.text.contains("TradeStarted"), "\(subject)")
      }
      let shown = try await web.get("/timeline.json?product=1&show=true").text
      for word in ["김민지", "이준호", "마포구"] { #expect(shown.contains(word)) }
      #expect(try await web.log() == [["show", "timeline product 1", "", ""]])
      // The same lines as those of the command.
      let lines = try await web.get("/timeline.json?reserve=1").json["moments"].elements
      let moments = try Timeline(of: .reserve, 1, web.redis.connect()).moments
      #expect(lines.map { $0["entry"].text } == moments.map { "\($0.line.id)" })
      #expect(try await web.get("/timeline.json?reserve=99").status == 404)
      #expect(try await web.get("/timeline.json?reserve=x").status == 400)
      #expect(try await web.get("/deals.json?user=nobody").json["count"].integer == 0)
    }
  }

  /// Reads the tail until `isEnough` says so, and returns its events.
  private static func tail(
    _ web: TestWeb, _ query: String = "", whenLive act: () throws -> Void,
    until isEnough: ([(String, JSON)]) -> Bool
  ) async throws -> [(String, JSON)] {
    var request = HTTPClientRequest(url: "\(web.http.base)/tail\(query)")
    request.headers = TestWeb.ours
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(90))
    #expect(response.status == .ok && response.headers["Content-Type"] == ["text/event-stream"])
    var (events, rest): ([(String, JSON)], String) = ([], "")
    for try await part in response.body {
      rest += String(buffer: part)
      while let end = rest.range(of: "\n\n") {
        let lines = rest[..<end.lowerBound].split(separator: "\n")
        rest = String(rest[end.upperBound...])
        guard lines.count == 2, let name = lines.first?.dropFirst(7), let data = lines.last?.dropFirst(6)
        else {
          continue
        }
        events.append((String(name), try JSONDecoder().decode(JSON.self, from: Data(data.utf8))))
        if name == "live" { try act() }
      }
      if isEnough(events) { break }
    }
    return events
  }

  private static func append(_ count: Int, product: Int, user: String = "김민지", _ web: TestWeb) throws {
    let journal = Key.journal(of: .of(productid: product, among: TestWeb.shards))
    var commands = Commands()
    for _ in 0..<count {
      commands.add(
        "XADD", journal, "*", "type", "TradeListed", "id", "1", "productid", "\(product)", "userid", user)
    }
    for reply in try web.redis.connect().exchange(commands) { try reply.get() }
  }

  @Test func `the tail is filtered by the server, and hides people`() async throws {
    try await TestWeb.run { web in
      let events = try await Self.tail(web, "?product=2&type=TradeListed") {
        try Self.append(3, product: 1, web)
        try Self.append(1, product: 2, web)
      } until: {
        $0.contains { $0.0 == "line" }
      }
      let lines = events.filter { $0.0 == "line" }.map(\.1)
      #expect(lines.map { $0["product"].text } == ["2"] && !"\(lines)".contains("김민지"))
      let own = try await Self.tail(web, "?user=%EC%9D%B4%EC%A4%80%ED%98%B8&show=true") {
        try Self.append(2, product: 1, web)
        try Self.append(1, product: 1, user: "이준호", web)
      } until: {
        $0.contains { $0.0 == "line" }
      }
      #expect(own.filter { $0.0 == "line" }.count == 1 && "\(own)".contains("이준호"))
      #expect(try await web.log() == [["show", "tail", "", ""]])
    }
  }

  @Test func `the tail shows 200 lines a second, and counts what it leaves out`() async throws {
    try await TestWeb.run { web in
      let all = 2000
      func sum(_ events: [(String, JSON)]) -> (shown: Int, left: Int) {
        events.reduce(into: (0, 0)) { sum, event in
          if event.0 == "line" { sum.0 += 1 }
          if event.0 == "left" { sum.1 += event.1["count"].integer ?? 0 }
        }
      }
      let events = try await Self.tail(web) {
        try Self.append(all, product: 1, web)
      } until: {
        sum($0).shown + sum($0).left == all
      }
      // A second can end while they come.
      #expect(sum(events).shown >= 200 && sum(events).shown < all && sum(events).shown.isMultiple(of: 200))
    }
  }

  @Test func `five tails at once are enough, and nobody who left takes a place`() async throws {
    try await TestWeb.run { web in
      for _ in 0..<20 { #expect(try await web.http.call(.HEAD, "/tail").status == 200) }
      var open: [HTTPClientResponse.Body] = []
      for number in 1...6 {
        let request = HTTPClientRequest(url: "\(web.http.base)/tail")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(90))
        #expect(response.status == (number == 6 ? .tooManyRequests : .ok))
        open.append(response.body)
      }
      open = []
      try await eventually("a place is free again") {
        try await HTTPClient.shared.execute(
          HTTPClientRequest(url: "\(web.http.base)/tail"), timeout: .seconds(90)
        ).status == .ok
      }
    }
  }

  @Test func `an audit runs alone, tells how far it is, and what it found`() async throws {
    try await TestWeb.run { web in
      try Self.deal(web)
      #expect(try await web.get("/audit.json").json["phase"].text == "none")
      // The lanes are behind, so it waits.
      #expect(try await web.post("/audit.json", #"{"wait":3}"#).status == 202)
      #expect(try await web.post("/audit.json", "{}").status == 409)
      try await eventually("it has ended") { try await web.get("/audit.json").json["phase"].text == "done" }
      try await web.working {
        try await eventually("the deal runs") {
          try await web.get("/timeline.json?reserve=1").text.contains("TradeStarted")
        }
        try await eventually("it is at rest") {
          try await web.get("/status.json").json["workers"].elements.allSatisfy { $0["lag"].integer == 0 }
        }
      }
      // Of a user: the name is not told.
      try web.redis.connect().call("HSET", Key.notices(of: "김민지"), "1", "x")
      #expect(try await web.post("/audit.json", "{}").status == 202)
      try await eventually("it has ended again") {
        try await web.get("/audit.json").json["phase"].text == "done"
      }
      let hidden = try await web.get("/audit.json")
      let report = try hidden.json["report"]
      #expect(report["clean"] == .bool(false) && report["totals"]["commands"].integer == 3)
      #expect(report["differences"][0]["code"].text == "notice" && !hidden.text.contains("김민지"))
      #expect(report["repairable"].integer == 1)
      #expect(try await web.get("/audit.json?show=true").text.contains("김민지"))
      let actions = try await web.log().map { [$0[0], $0[3]] }
      #expect(
        actions.count == 5 && actions.last == ["show", ""] && actions[3] == ["audit", "1 differences"])
    }
  }

  @Test func `while Redis is away every call says so, and afterwards the page goes on`() async throws {
    try await TestWeb.run { web in
      #expect(try await web.get("/status.json").status == 200)
      web.redis.process.kill()
      for path in ["/status.json", "/letters.json", "/memory.json", "/log.json", "/timeline.json?reserve=1"] {
        let answer = try await web.get(path)
        #expect(try answer.status == 503 && answer.json["code"].text == "redis", "\(path)")
        #expect(try answer.json["detail"].text?.contains("redis.sock") == true)
      }
      #expect(try await web.http.call(.GET, "/readiness").status == 200)
      try web.redis.restart()
      try web.redis.connect().call("SET", Key.shardCount, "\(TestWeb.shards)")
      #expect(try await web.get("/status.json").status == 200)
    }
  }

  @Test func `everything works on a cluster`() async throws {
    let cluster = try await onThread { try TestCluster(replicas: false) }
    _ = try await onThread { try cluster.connect().call("SET", Key.shardCount, "6") }
    var options = OperatorWebOptions(redis: try cluster.url)
    options.allowsActions = true
    options.port = 0
    try await TestWeb.run(options) { http in
      func get(_ path: String) async throws -> JSON {
        try await http.call(.GET, path, headers: TestWeb.ours).json
      }
      var ids: [String] = []
      for shard in 0..<6 {
        let id = try await onThread {
          try cluster.connect().call(
            "XADD", "{\(shard)}:deadletters", "*", "worker", "trade", "stream", "{\(shard)}:trade.commands",
            "entry", "1-0", "reason", "crashed", "wrong", "", "message", "It crashed.", "field:type",
            "Handover",
            "field:id", "7"
          ).string
        }
        ids.append("\(shard)/\(id ?? "")")
      }
      #expect(try await get("/status.json")["nodes"].elements.count == 3)
      #expect(try await get("/memory.json")["used"].integer ?? 0 > 0)
      #expect(try await get("/letters.json")["count"].integer == 6)
      let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
      let dropped = try await http.call(
        .POST, "/letters/drop", #"{"ids":[\#(list)],"count":6}"#, headers: TestWeb.ours)
      #expect(try dropped.json["dropped"].integer == 6)
      #expect(try await get("/log.json")["entries"].elements.count == 2)
    }
  }
}
