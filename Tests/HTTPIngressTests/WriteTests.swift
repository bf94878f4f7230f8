import Testbed
import Testing

@Suite struct WriteTests {
  @Test func `a reservation is created, shown and listed`() async throws {
    try await TestIngress.run { stage in
      let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7))
      #expect(made.status == 201)
      let location = try #require(made.headers["location"])
      #expect(location == made.json["_links"]["self"]["href"].text)
      #expect(location.hasPrefix(stage.base + "/reserves/"))
      #expect(made.json["qty"].integer == 2)
      #expect(made.json["address"].text == "서울 \"강남\"")
      #expect(made.json["status"].text == "예약완료")
      let shown = try await stage.call("GET", location)
      #expect(shown.json["userid"].text == "홍길동")
      let list = try await stage.call("GET", "/reserves")
      #expect(list.json["_embedded"]["reserves"].elements.count == 1)
    }
  }

  @Test func `items can be changed, canceled, deleted and handed over`() async throws {
    try await TestIngress.run { stage in
      _ = try await stage.call("POST", "/reserves", TestIngress.reserve(7, more: #","id":"5""#))
      let changed = try await stage.call("PATCH", "/reserves/5", #"{"address":"부산"}"#)
      #expect(changed.status == 200)
      #expect(changed.json["address"].text == "부산")
      let before = stage.lane.count
      #expect(try await stage.call("PUT", "/reserves/5", #"{"address":"부산","status":"예약완료"}"#).status == 200)
      #expect(stage.lane.count == before)
      #expect(try await stage.call("PUT", "/reserves/5", #"{"qty":9}"#).json["field"].text == "qty")
      #expect(try await stage.call("PUT", "/reserves/5/reservecancel").status == 200)
      #expect(try await stage.call("DELETE", "/reserves/5").status == 204)
      let trade = #"{"id":3,"productid":7,"userid":"u","productname":"p","qty":1,"price":1}"#
      #expect(try await stage.call("POST", "/trades", trade).status == 201)
      #expect(try await stage.call("POST", "/trades/3/handover").status == 200)
      #expect(try await stage.call("POST", "/trades/3/handover", #"{"reserveid":5}"#).status == 200)
      #expect(try await stage.call("POST", "/trades/4/handover").status == 404)
    }
  }

  @Test func `a refusal is a problem with a code and a message for people`() async throws {
    try await TestIngress.run { stage in
      let refused = try await stage.call("POST", "/reserves", TestIngress.reserve(7, "sold"))
      #expect(refused.status == 409)
      #expect(refused.headers["content-type"] == "application/problem+json")
      #expect(refused.json["code"].text == "soldOut")
      #expect(refused.json["type"].text == "/problems/soldOut")
      #expect(refused.json["message"].text == "품절되었습니다.")
      #expect(refused.json["instance"].text == "/reserves")
      let wrong = try await stage.call("POST", "/reserves", #"{"productid":"x"}"#)
      #expect(wrong.status == 422)
      #expect(wrong.json["field"].text == "productid")
      _ = try await stage.call("POST", "/reserves", TestIngress.reserve(7, more: #","id":5"#))
      #expect(
        try await stage.call("POST", "/reserves", TestIngress.reserve(8, more: #","id":5"#)).status == 409)
    }
  }

  @Test func `invalid calls get the matching status code`() async throws {
    try await TestIngress.run { stage in
      #expect(try await stage.call("POST", "/reserves", "nonsense").status == 400)
      #expect(try await stage.call("GET", "/reserves/x").status == 400)
      #expect(try await stage.call("GET", "/nothing").json["status"].integer == 404)
      let wrong = try await stage.call("DELETE", "/reserves")
      #expect(wrong.status == 405)
      #expect(wrong.headers["allow"] == "GET, HEAD, OPTIONS, POST")
      let large = try await stage.call("POST", "/reserves", String(repeating: " ", count: 70_000))
      #expect(large.status == 413)
      #expect(large.json["code"].text == "bodyTooLarge")
    }
  }

  @Test func `an asynchronous call can be followed at its operation`() async throws {
    try await TestIngress.run { stage in
      let made = try await stage.call(
        "POST", "/reserves", TestIngress.reserve(7), ["Prefer": "respond-async"])
      #expect(made.status == 202)
      #expect(made.headers["preference-applied"] == "respond-async")
      let location = try #require(made.headers["location"])
      #expect(location == "/operations/\(made.json["commandid"].text ?? "")")
      // A later write in the same shard has overtaken it.
      _ = try await stage.call("POST", "/reserves", TestIngress.reserve(7))
      let done = try await stage.call("GET", location)
      #expect(done.json["status"].text == "completed")
      #expect(done.json["reserve"]["id"].integer == made.json["id"].integer)
    }
  }

  @Test func `a command that is undecided after the wait is answered with 202`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .milliseconds(50) }) { stage in
      let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7, "silent"))
      #expect(made.status == 202)
      let running = try await stage.call("GET", try #require(made.headers["location"]))
      #expect(running.json["status"].text == "running")
      #expect(try await stage.call("GET", "/operations/unheard-of").status == 404)
    }
  }

  @Test func `an idempotency key stands for one request`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .milliseconds(50) }) { stage in
      let key = ["Idempotency-Key": "{A}-1", "Prefer": "wait=10"]
      let first = try await stage.call("POST", "/reserves", TestIngress.reserve(7), key)
      let again = try await stage.call("POST", "/reserves", TestIngress.reserve(7), key)
      #expect([first.status, again.status] == [201, 201])
      #expect(first.headers["location"] == again.headers["location"])
      #expect(stage.lane.count == 1)
      #expect(try await stage.call("POST", "/reserves", TestIngress.reserve(8), key).status == 422)
      let silent = ["Idempotency-Key": "B"]
      #expect(
        try await stage.call("POST", "/reserves", TestIngress.reserve(7, "silent"), silent).status == 202)
      let early = try await stage.call("POST", "/reserves", TestIngress.reserve(7, "silent"), silent)
      #expect(early.status == 409)
      #expect(early.headers["retry-after"] == "1")
      #expect(try await stage.call("GET", "/operations/key:B").json["status"].text == "running")
      // A failed request does not block its key.
      let lost = ["Idempotency-Key": "C"]
      for _ in 1...2 { #expect(try await stage.call("DELETE", "/trades/99", nil, lost).status == 404) }
      let spaced = try await stage.call(
        "POST", "/reserves", TestIngress.reserve(7), ["Idempotency-Key": "a b"])
      #expect(spaced.status == 400)
    }
  }

  @Test func `calls fail at once while Redis is down`() async throws {
    // None of them waits for an outcome, although there would be enough time.
    try await TestIngress.run(setUp: { $0.wait = Patience.limit }) { stage in
      #expect(try await stage.call("GET", "/readiness").status == 200)
      try stage.server.process.kill()
      // The first call can be the one that notices.
      _ = try await stage.call("GET", "/reserves")
      let start = ContinuousClock.now
      for (method, path) in [("POST", "/reserves"), ("GET", "/reserves"), ("GET", "/trades/1")] {
        let failed = try await stage.call(method, path, method == "POST" ? TestIngress.reserve(7) : nil)
        #expect(failed.status == 503)
        #expect(failed.headers["retry-after"] == "1")
      }
      #expect(ContinuousClock.now - start < Patience.prompt)
      #expect(try await stage.call("GET", "/readiness").status == 503)
      #expect(try await stage.call("GET", "/liveness").status == 200)
    }
  }
}
