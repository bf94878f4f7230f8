import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// Dead letters are found, tried, corrected, sent again and dropped, and the log tells who did it.
@Suite struct LetterTests {
  private static func list(_ ids: [String]) -> String {
    "[\(ids.map { "\"\($0)\"" }.joined(separator: ","))]"
  }

  @Test func `letters come in pages, the newest first, and by worker and reason`() async throws {
    try await TestWeb.run { web in
      var ids: [String] = []
      for number in 0..<7 { ids.append(try web.putAside(TestWeb.listing(number))) }
      let other = try web.putAside(
        ["type": "Reserve"], of: .reservation, reason: "missing", wrong: "productid")
      var found: [String] = []
      var before = ""
      repeat {
        let page = try await web.get("/letters.json?worker=trade&reason=notANumber&size=3&before=\(before)")
          .json
        #expect(page["count"].integer == 7)
        let some = page["letters"].elements.compactMap { $0["id"].text }
        found += some
        before = some.last ?? ""
        #expect(page["older"].integer == 7 - found.count)
      } while found.count < 7 && !before.isEmpty
      #expect(found == ids.reversed())
      let all = try await web.get("/letters.json").json
      #expect(all["count"].integer == 8)
      #expect(Set(all["letters"].elements.compactMap { $0["id"].text }) == Set(ids + [other]))
      #expect(all["groups"].elements.map { $0["count"].integer } == [1, 7])
      #expect(try await web.get("/letters.json?size=0").status == 400)
    }
  }

  @Test func `personal data is hidden until somebody asks for it, and that is logged`() async throws {
    try await TestWeb.run { web in
      let id = try web.putAside(
        TestWeb.listing(1) + [("집 주소", "서울 마포구")], wrong: "userid",
        message: #"userid must be shorter, but it is "이준호"."#)
      for path in ["/letters/\(id)", "/letters.json"] {
        let text = try await web.get(path).text
        for secret in ["이준호", "010-1234-5678", "phone", "마포구", "집 주소"] {
          #expect(!text.contains(secret), "\(path) shows \(secret)")
        }
        #expect(text.contains("ListTrade") && text.contains("userid must be shorter"))
      }
      #expect(try await web.log().isEmpty)
      let shown = try await web.get("/letters/\(id)?show=true").text
      for word in ["이준호", "010-1234-5678", "phone", "마포구"] { #expect(shown.contains(word)) }
      #expect(try await web.log() == [["show", "dead letter \(id)", "", ""]])
    }
  }

  @Test func `a dry run tells who would pass and why not, and writes nothing`() async throws {
    try await TestWeb.run { web in
      let ids = try [
        web.putAside(TestWeb.listing(1)), web.putAside(TestWeb.listing(2, qty: "3")),
        web.putAside(["type": "Handover", "id": "77"], reason: "unknownId", wrong: "id"),
      ]
      // Its id is that of another product.
      try web.redis.connect().call("SET", Key.directory(.trade, id: 9), "8")
      let taken = try web.putAside(TestWeb.listing(9, qty: "1"))
      let before = try web.redis.connect().call("DBSIZE").integer
      let wish = #"{"ids":\#(Self.list(ids + [taken, "trade.commands/1-0"]))}"#
      let result = try await web.post("/letters/rehearsal", wish).json
      #expect(result["count"].integer == 4 && result["passes"].integer == 1)
      #expect(
        result["items"].elements.map { $0["passes"] } == [false, true, false, false, false].map(JSON.bool))
      let whys = result["items"].elements.map { $0["why"].text ?? "" }
      #expect(
        whys[0].hasPrefix("qty must be") && whys[2].contains("no trade") && whys[3].contains("product 8"))
      let corrected = try await web.post(
        "/letters/rehearsal", #"{"ids":["\#(ids[0])"],"set":{"qty":"2"}}"#)
      #expect(try corrected.json["passes"].integer == 1)
      let connection = try web.redis.connect()
      #expect(try connection.call("DBSIZE").integer == before)
      #expect(try connection.call("XLEN", "{trade.commands}:deadletters").integer == 4)
      #expect(try connection.call("EXISTS", Key.directory(.trade, id: 2)).integer == 0)
      #expect(try await web.log().isEmpty)
    }
  }

  @Test func `a corrected letter is sent again, and the worker decides it`() async throws {
    try await TestWeb.run(allowsActions: true) { web in
      let (good, bad) = (
        try web.putAside(TestWeb.listing(1)), try web.putAside(["type": "Handover", "id": "77"])
      )
      try await web.working {
        let wish = #"{"ids":\#(Self.list([good, bad])),"set":{"qty":"2","userid":"박서연"},"count":2}"#
        let result = try await web.post("/letters/replay", wish).json
        #expect(result["sent"].elements.compactMap { $0["id"].text } == [good])
        #expect(result["refused"].elements.compactMap { $0["id"].text } == [bad])
        try await eventually("the listing is there") {
          let timeline = try await web.get("/timeline.json?trade=1")
          return timeline.status == 200 && timeline.text.contains("TradeListed")
        }
      }
      #expect(try await web.get("/letters.json").json["count"].integer == 1)
      let log = try await web.log()
      #expect(
        log == [
          ["replay", "\(good) \(bad)", "qty: 2, userid: •••", ""],
          ["replay", "\(good) \(bad)", "", "1 sent, 1 refused"],
        ])
      #expect(try await web.get("/log.json").json["entries"][0]["way"].text == "web")
    }
  }

  @Test func `what a single letter said before is in the log`() async throws {
    try await TestWeb.run(allowsActions: true) { web in
      let id = try web.putAside(TestWeb.listing(1))
      _ = try await web.post("/letters/replay", #"{"ids":["\#(id)"],"set":{"qty":"2"},"count":1}"#)
      #expect(try await web.log().first == ["replay", id, "qty: x → 2", ""])
    }
  }

  @Test func `letters are dropped only if they are as many as was confirmed`() async throws {
    try await TestWeb.run(allowsActions: true) { web in
      let ids = try (0..<3).map { try web.putAside(TestWeb.listing($0)) }
      let kept = try web.putAside(TestWeb.listing(9))
      for count in ["", #","count":2"#, #","count":4"#] {
        let answer = try await web.post("/letters/drop", #"{"ids":\#(Self.list(ids))\#(count)}"#)
        #expect(try answer.status == 409 && answer.json["code"].text == "countChanged")
      }
      // Somebody else was faster.
      let place = try #require(ids[1].split(separator: "/").last)
      try web.redis.connect().call("XDEL", "{trade.commands}:deadletters", String(place))
      let wish = #"{"ids":\#(Self.list(ids)),"count":3}"#
      #expect(try await web.post("/letters/drop", wish).status == 409)
      #expect(try await web.get("/letters.json").json["count"].integer == 3)
      #expect(try await web.log().isEmpty)
      let rest = [ids[0], ids[2]]
      let done = try await web.post("/letters/drop", #"{"ids":\#(Self.list(rest)),"count":2}"#)
      #expect(try done.json["dropped"].integer == 2)
      let left = try await web.get("/letters.json").json
      #expect(left["letters"].elements.compactMap { $0["id"].text } == [kept])
      let subject = rest.joined(separator: " ")
      #expect(try await web.log() == [["drop", subject, "", ""], ["drop", subject, "", "2 dropped"]])
    }
  }

  @Test(arguments: [
    "", "{}", #"{"ids":[]}"#, #"{"ids":"3/1-0"}"#, #"{"ids":["3/1-0","3/1-0"]}"#, "[]",
    #"{"ids":["3/1-0"],"set":{"qty":1}}"#,
  ])
  func `a body that says something else is refused`(body: String) async throws {
    try await TestWeb.run(allowsActions: true) { web in
      for path in ["/letters/rehearsal", "/letters/replay", "/letters/drop"] {
        let answer = try await web.post(path, body)
        #expect(answer.status == 400, "\(path)")
      }
    }
  }

  @Test(arguments: ["3/x", "nowhere/1-0", "a%20b/1-0", "3/1-0"])
  func `there is no letter of another name`(id: String) async throws {
    try await TestWeb.run { web in
      let answer = try await web.get("/letters/\(id)")
      #expect(answer.status == 404)
    }
  }
}

extension Fields {
  fileprivate static func + (fields: Fields, more: [(String, String)]) -> Fields {
    Fields(fields.map { ($0.name, $0.value) } + more)
  }
}
