import CoreMetrics
import Foundation
import HTTPIngress
import Health
import Testbed
import Testing

/// The rules of RFC 9110 and 9112, checked on the wire.
@Suite struct HTTPTests {
  private static let json = "Content-Type: application/json\r\n"

  @Test(
    arguments: [
      "/reserves", "/nowhere", "/mypages", "/actuator/down", "/reserves/7", "/reserves?page=x", "/liveness",
    ])
  func `the answer to HEAD has no body`(path: String) async throws {
    try await TestIngress.run { stage in
      let both = try await stage.raw(
        "HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\nGET /liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      )
      let parts = both.components(separatedBy: "\r\n\r\n")
      #expect(parts.count == 3)
      #expect(parts.dropFirst().first?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
      #expect(parts.last == #"{"status":"UP"}"#)
    }
  }

  @Test func `the answer to an invalid HEAD request has no body`() async throws {
    try await TestIngress.run { stage in
      let answer = try await stage.raw("HEAD / HTTP/1.1\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 400") && answer.hasSuffix("\r\n\r\n"))
    }
  }

  @Test(
    arguments: [
      ("GET / HTTQ/1.1\r\n\r\n", 400), ("GET /liveness HTTP/3.0\r\nHost: a\r\n\r\n", 505),
      ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
      ("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400),
      ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501),
      ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
      ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
      (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        501
      ),
    ])
  func `an invalid request is answered with a problem`(request: String, status: Int) async throws {
    try await TestIngress.run { stage in
      let answer = try await stage.raw(request)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
      #expect(answer.contains("Content-Type: application/problem+json\r\n"))
      #expect(answer.contains("\"message\":\""))
      #expect(answer.contains("\"status\":\(status)"))
    }
  }

  @Test(
    arguments: [
      "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", "BREW / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n\r\n",
      "GET /liveness HTTP/1.0\r\n\r\n",
    ])
  func `a client that keeps sending still gets the last answer`(request: String) async throws {
    // Longer than the test waits: the connection must not be reset before.
    try await TestIngress.run(setUp: { $0.limits.farewell = .seconds(600) }) { stage in
      let (answer, goesOn) = try await stage.connected { connection in
        connection.send(request)
        let answer = connection.read()
        // The first send into a closed connection causes a reset, and the next one fails.
        let goesOn = (1...20).allSatisfy { _ in
          usleep(10_000)
          return connection.send("GET / HTTP/1.1\r\n\r\nx")
        }
        return (answer, goesOn)
      }
      #expect(answer.contains("Connection: close\r\n"))
      #expect(goesOn)
    }
  }

  @Test func `pipelined requests before an invalid one are answered first`() async throws {
    try await TestIngress.run { stage in
      let answer = try await stage.raw("GET /liveness HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTQ/1.1\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      #expect(answer.contains("\"UP\"}HTTP/1.1 400 "))
    }
  }

  @Test func `a broken body is answered with 400`() async throws {
    try await TestIngress.run { stage in
      let head = "POST /trades HTTP/1.1\r\nHost: a\r\n\(Self.json)"
      let chunk = try await stage.raw(head + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n")
      #expect(chunk.hasPrefix("HTTP/1.1 400") && chunk.contains("\"unreadableRequest\""))
      // It closes its output side, and can still read.
      let half = try await stage.connected { connection in
        connection.send(head + "Content-Length: 100\r\n\r\n{")
        connection.finish()
        return connection.read()
      }
      #expect(half.hasPrefix("HTTP/1.1 400") && half.contains("\"unreadableRequest\""))
      for path in ["/trades/1", "/reserves/1/reservecancel"] {
        let unread = try await stage.raw(
          "PUT \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
        #expect(unread.hasPrefix("HTTP/1.1 400"))
        #expect(unread.components(separatedBy: "HTTP/1.1 ").count == 2)
      }
    }
  }

  @Test(arguments: [
    "HTTP/1.0\r\n", "HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n",
    "HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n",
  ])
  func `the connection is closed after the answer if the request demands it`(rest: String) async throws {
    // Longer than the test waits: idleness is not the reason.
    try await TestIngress.run(setUp: { $0.limits.idleTimeout = .seconds(600) }) { stage in
      let answer = try await stage.connected { connection in
        connection.send("GET /liveness \(rest)\r\nGET /liveness HTTP/1.1\r\nHost: a\r\n\r\n")
        return (connection.read(), connection.isClosed())
      }
      #expect(answer.0.hasPrefix("HTTP/1.1 200"))
      #expect(answer.0.contains("Connection: close\r\n"))
      #expect(answer.0.hasSuffix("{\"status\":\"UP\"}"))
      #expect(answer.0.components(separatedBy: "HTTP/1.1 200").count == 2)
      #expect(answer.1)
    }
  }

  @Test func `Expect 100-continue is answered before the body is sent`() async throws {
    try await TestIngress.run { stage in
      let body = TestIngress.reserve(7)
      let head = "POST /reserves HTTP/1.1\r\nHost: a\r\n\(Self.json)Expect: 100-continue\r\n"
      let answers = try await stage.connected { connection in
        connection.send(head + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n")
        let first = connection.read(until: "\r\n\r\n")
        connection.send(body)
        return (first, connection.read())
      }
      #expect(answers.0 == "HTTP/1.1 100 Continue\r\n\r\n")
      #expect(answers.1.hasPrefix("HTTP/1.1 201"))
      // A body that will be refused need not be sent.
      #expect(try await stage.raw(head + "Content-Length: 70000\r\n\r\n").hasPrefix("HTTP/1.1 413"))
    }
  }

  @Test func `the 100 Continue answer comes after those to earlier pipelined requests`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .seconds(2) }) { stage in
      let (silent, body) = (TestIngress.reserve(7, "silent"), TestIngress.reserve(8))
      let answer = try await stage.connected { connection in
        connection.send(
          "POST /reserves HTTP/1.1\r\nHost: a\r\n\(Self.json)Content-Length: \(silent.utf8.count)\r\n\r\n\(silent)"
            + "POST /reserves HTTP/1.1\r\nHost: a\r\n\(Self.json)Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        )
        let first = connection.read(until: "100 Continue\r\n\r\n")
        connection.send(body)
        return first + connection.read()
      }
      let starts = answer.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
      #expect(starts == ["202", "100", "201"])
    }
  }

  @Test func `the host of an absolute request URL replaces the Host header`() async throws {
    try await TestIngress.run { stage in
      let answer = try await stage.raw(
        "GET http://b.example?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("\"http://b.example/reserves\""))
      #expect(
        try await stage.raw("GET http://x@b.example/ HTTP/1.1\r\nHost: a\r\n\r\n").hasPrefix("HTTP/1.1 400"))
    }
  }

  @Test func `every method is answered, and Allow lists those that a path supports`() async throws {
    try await TestIngress.run { stage in
      for (path, allowed) in [
        ("/reserves", "GET, HEAD, OPTIONS, POST"), ("/reserves/1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/trades/1/handover", "OPTIONS, POST"), ("/liveness", "GET, HEAD, OPTIONS"),
      ] {
        let options = try await stage.call("OPTIONS", path)
        #expect(options.status == 204 && options.headers["allow"] == allowed)
      }
      for path in ["/liveness", "/readiness", "/notices"] {
        let wrong = try await stage.call("POST", path, "{}")
        #expect(wrong.status == 405 && wrong.headers["allow"] == "GET, HEAD, OPTIONS")
        #expect(wrong.json["code"].text == "methodNotAllowed")
      }
      for method in ["TRACE", "PROPFIND", "PURGE"] {
        let unknown = try await stage.call(method, "/reserves")
        #expect(unknown.status == 405 && unknown.headers["allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(try await stage.call(method, "/nowhere").status == 404)
      }
      #expect(try await stage.call("OPTIONS", "/nowhere").status == 404)
      #expect(try await stage.raw("OPTIONS * HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 204"))
      let down = try await stage.call("PUT", "/actuator/down")
      #expect(down.status == 403 && down.json["status"].integer == 403)
    }
  }

  @Test(
    arguments: [
      "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
      "",
      "application/json; charset=utf-16", "application/jsonp", "text/json",
    ])
  func `a body that is not JSON is refused`(type: String) async throws {
    try await TestIngress.run { stage in
      for (path, body) in [("/reserves", TestIngress.reserve(7)), ("/trades/1/handover", nil)] {
        let refused = try await stage.call("POST", path, body, ["Content-Type": type])
        #expect(refused.status == 415 && refused.json["code"].text == "notJSON")
      }
      let bare = "POST /reserves HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
      #expect(try await stage.raw(bare).hasPrefix("HTTP/1.1 415"))
      #expect(stage.lane.count == 0)
    }
  }

  @Test(arguments: [
    "application/json", "Application/JSON;charset=UTF-8", "application/json ; charset=\"utf-8\"",
    "application/merge-patch+json",
  ])
  func `JSON media types are accepted`(type: String) async throws {
    try await TestIngress.run { stage in
      let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7), ["Content-Type": type])
      #expect(made.status == 201)
    }
  }

  @Test func `pages of foreign origins cannot send writes`() async throws {
    try await TestIngress.run(setUp: { $0.allowedOrigins = ["http://good.example"] }) { stage in
      let body = TestIngress.reserve(7)
      for origin in ["http://evil.example", "null", stage.base + "0"] {
        let refused = try await stage.call("POST", "/reserves", body, ["Origin": origin])
        #expect(refused.status == 403 && refused.json["code"].text == "foreignOrigin")
        #expect(try await stage.call("POST", "/trades/1/handover", nil, ["Origin": origin]).status == 403)
      }
      #expect(stage.lane.count == 0)
      // Calls of the server's own pages carry an origin too.
      for origin in ["http://good.example", stage.base] {
        #expect(try await stage.call("POST", "/reserves", body, ["Origin": origin]).status == 201)
      }
    }
  }

  @Test func `a query is decoded like a submitted form`() async throws {
    try await TestIngress.run { stage in
      for query in ["userid=Kim+Min", "userid=Kim%20Min", "user%69d=Kim+Min"] {
        let list = try await stage.call("GET", "/notices?\(query)").json
        #expect(list["_links"]["self"]["href"].text?.hasSuffix("&userid=Kim%20Min") == true)
      }
      let plus = try await stage.call("GET", "/notices?userid=a%2Bb").json
      #expect(plus["_links"]["self"]["href"].text?.hasSuffix("&userid=a%2Bb") == true)
      for query in ["userid=%FF", "userid=%ED%A0%80", "userid=50%", "%FF=1", "page=%zz"] {
        for path in ["/reserves", "/notices"] {
          let answer = try await stage.raw(
            "GET \(path)?\(query) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
          #expect(answer.hasPrefix("HTTP/1.1 400"))
        }
      }
    }
  }
}
