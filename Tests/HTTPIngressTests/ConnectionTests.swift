import Foundation
import HTTPIngress
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// The limits on what one client can cost, and the answers beyond them.
@Suite struct ConnectionTests {
  @Test(
    arguments: [
      String(repeating: "x", count: 70_000), String(repeating: "x", count: 256), "a b", "good@evil",
      "a\"/><script>",
      "evil/x?y#", "한글", "", "a:", "a:x", "a:65536", "a:+1", "[::1", "[x]", "[1.2.3.4:5]", "a:1:2", "[::1]x",
      ":80",
    ])
  func `an invalid Host header is refused`(host: String) async throws {
    try await TestIngress.run { stage in
      let answer = try await stage.raw("GET /reserves HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      // A far too long one is refused as a header.
      #expect(answer.hasPrefix(host.utf8.count > 16_000 ? "HTTP/1.1 431" : "HTTP/1.1 400"))
      #expect(answer.contains("Content-Type: application/problem+json"))
      #expect(answer.contains("\"message\":"))
      #expect(answer.utf8.count < 1000)
    }
  }

  @Test(arguments: [
    "localhost", "a.example:8088", "10.0.0.1", "[::1]:8088", String(repeating: "x", count: 255),
  ])
  func `links contain the host of the request`(host: String) async throws {
    try await TestIngress.run { stage in
      let answer = try await stage.raw("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      #expect(answer.contains("\"http://\(host)/reserves\""))
    }
  }

  @Test func `request heads are limited in size`() async throws {
    try await TestIngress.run { stage in
      let long = String(repeating: "x", count: 6000)
      let headers = (1...3).map { "X-\($0): \(long)\r\n" }.joined()
      let all = try await stage.raw("GET / HTTP/1.1\r\nHost: a\r\n\(headers)\r\n")
      #expect(all.hasPrefix("HTTP/1.1 431"))
      #expect(all.contains("\"code\":\"headersTooLarge\""))
      let many = (1...200).map { "X-\($0): 1\r\n" }.joined()
      #expect(try await stage.raw("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n").hasPrefix("HTTP/1.1 431"))
      let target = try await stage.raw("GET /?\(long)\(long) HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(target.hasPrefix("HTTP/1.1 414"))
    }
  }

  @Test(arguments: ["GET /reserves", "DELETE /reserves/1", "PUT /reserves/1/reservecancel", "POST /reserves"])
  func `a body that is too large or too slow ends its connection`(line: String) async throws {
    try await TestIngress.run(setUp: { $0.limits.bodyTimeout = .milliseconds(200) }) { stage in
      let answer = try await stage.connected { connection in
        connection.send(
          "\(line) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        let answer = connection.read(until: "\r\n\r\n")
        return (answer, connection.isClosed())
      }
      #expect(answer.0.hasPrefix("HTTP/1.1 413"))
      #expect(answer.1)
      let slow = try await stage.connected { connection in
        connection.send(
          "\(line) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
        let answer = connection.read(until: "\"message\"")
        // Keeps sending single bytes, answered or not, until the server closes.
        while connection.send("x") { usleep(20_000) }
        return answer
      }
      #expect(slow.hasPrefix("HTTP/1.1 408"))
      #expect(slow.contains("Connection: close"))
    }
  }

  @Test func `the body timeout does not run while a pipelined request waits its turn`() async throws {
    try await TestIngress.run(setUp: {
      $0.limits.bodyTimeout = .seconds(2); $0.wait = .seconds(3)
    }) { stage in
      let silent = TestIngress.reserve(7, "silent")
      let answer = try await stage.connected { connection in
        // The first one's outcome never comes, so it is answered only after its wait.
        for body in [silent, TestIngress.reserve(8)] {
          connection.send(
            "POST /reserves HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
          )
          if body == silent { connection.send(body) } else { connection.send(String(body.prefix(9))) }
        }
        let first = connection.read(until: "\"accepted\"")
        connection.send(String(TestIngress.reserve(8).dropFirst(9)))
        return (first, connection.read(until: "_links"))
      }
      #expect(answer.0.hasPrefix("HTTP/1.1 202"))
      #expect(answer.1.contains("HTTP/1.1 201"))
    }
  }

  @Test func `a client that does not read its answers is disconnected`() async throws {
    try await TestIngress.run(setUp: { $0.limits.answerTimeout = .milliseconds(200) }) { stage in
      try stage.storeTrades(1...1000, named: String(repeating: "한", count: 200))
      let isCut = try await stage.connected(receives: 4096) { connection in
        // Some megabytes more than the socket buffers hold.
        for _ in 1...20 { connection.send("GET /trades?size=1000 HTTP/1.1\r\nHost: a\r\n\r\n") }
        // Nothing more can be sent once the server has closed.
        for _ in 1...3000 {
          if !connection.send("\r\n") { return true }
          usleep(10_000)
        }
        return false
      }
      #expect(isCut)
      #expect(try await stage.call("GET", "/trades?size=1").status == 200)
    }
  }

  @Test func `a connection over the limit is answered with 503`() async throws {
    try await TestIngress.run(setUp: { $0.limits.connections = 4 }) { stage in
      let port = stage.port
      let refused = try await onThread {
        let held = try (1...4).map { _ in try RawConnection(port: port) }
        // Connections count once they are accepted, which an answer proves.
        for connection in held {
          connection.send("GET /liveness HTTP/1.1\r\nHost: a\r\n\r\n")
          _ = connection.read(until: "UP")
        }
        return withExtendedLifetime(held) { (try? RawConnection(port: port))?.read() }
      }
      #expect(refused?.hasPrefix("HTTP/1.1 503") == true)
      #expect(refused?.contains("\"code\":\"tooManyConnections\"") == true)
      #expect(refused?.contains("Retry-After: 1") == true)
      // They are closed, and there is room again.
      try await eventually("a connection is taken") { try await stage.call("GET", "/liveness").status == 200 }
    }
  }
}

extension TestIngress {
  /// Stores listings with these ids, of products with the same ids.
  func storeTrades(_ ids: some Sequence<Int>, named name: String = "책") throws {
    var store = Commands()
    for id in ids {
      store.add(
        storing: [
          "id": String(id), "productid": String(id), "productname": name, "qty": "1", "price": String(id % 7),
        ], as: .trade, in: Shard.of(productid: id, among: FakeLane.shards))
    }
    try redis(store)
  }
}
