import Foundation
import Testbed
import Testing

/// Requests that two servers could take for different ones, on the wire: each is refused, and the connection ends, so
/// that what comes after it is never taken for a request.
@Suite struct SmugglingTests {
  private static let post = "POST /trades HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
  /// What an attacker would have the server take for another client's request.
  private static let hidden = "GET /liveness HTTP/1.1\r\nHost: a\r\n\r\n"

  /// Sends a text and the hidden request. Returns all answers, if the server closes after them by itself.
  private static func answers(to text: String, from stage: TestIngress) async throws -> [String] {
    let (answer, isClosed) = try await stage.connected { connection in
      connection.send(text + hidden)
      let answer = connection.read()
      return (answer, connection.isClosed())
    }
    #expect(isClosed)
    return split(answer)
  }

  /// Returns the answers, each without its version.
  private static func split(_ text: String) -> [String] {
    text.split(separator: /HTTP\/1\.1 (?=\d{3} )/).map { String($0) }
  }

  /// - Parameter body: runs with an ingress that closes no connection for being idle or slow.
  private static func run(_ body: (TestIngress) async throws -> Void) async throws {
    try await TestIngress.run(
      setUp: { ($0.limits.idleTimeout, $0.limits.bodyTimeout) = (.seconds(600), .seconds(600)) }, body)
  }

  @Test(
    arguments: [
      // Two lengths, or a length and chunks.
      "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
      "Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
      "Content-Length: 2, 2\r\n\r\n{}", "Content-Length: 2, 30\r\n\r\n{}",
      // Lengths that are none.
      "Content-Length: -2\r\n\r\n{}", "Content-Length: +2\r\n\r\n{}", "Content-Length: 0x2\r\n\r\n{}",
      "Content-Length: 2 0\r\n\r\n{}", "Content-Length: 2.0\r\n\r\n{}", "Content-Length: \r\n\r\n{}",
      "Content-Length: 99999999999999999999999\r\n\r\n{}", "Content-Length: 18446744073709551618\r\n\r\n{}",
      // Codings that one server ignores and another obeys.
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\u{0}\r\n\r\n0\r\n\r\n", "Transfer-Encoding\r\n: chunked\r\n\r\n0\r\n\r\n",
      // Names and lines that are read in two ways.
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "Content-Length : 2\r\n\r\n{}",
      " Content-Length: 2\r\n\r\n{}", "X: 1\r\n Content-Length: 2\r\n\r\n{}", "X: 1\r\n\tfolded\r\n\r\n",
      "X: a\u{0}b\r\n\r\n", "X\u{0}: 1\r\n\r\n", "X: 1\rContent-Length: 2\r\n\r\n{}",
      "Content_Length\u{7F}: 2\r\n\r\n{}",
      ": 2\r\n\r\n{}", "no colon\r\n\r\n",
    ])
  func `a request with two readings is refused`(rest: String) async throws {
    try await Self.run { stage in
      let answers = try await Self.answers(to: Self.post + rest, from: stage)
      #expect(answers.count == 1)
      #expect(answers.first?.prefix(4) == "400 " || answers.first?.prefix(4) == "501 ", "\(answers)")
      #expect(answers.first?.contains("Connection: close\r\n") == true)
      #expect(answers.first?.contains("X-Content-Type-Options: nosniff\r\n") == true)
      #expect(stage.lane.count == 0)
    }
  }

  @Test(
    arguments: [
      "POST /trades HTTP/1.1 \r\nHost: a\r\n\r\n", "POST /tra\u{0}des HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /tra des HTTP/1.1\r\nHost: a\r\n\r\n", "POST\t/trades HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /trades\rHTTP/1.1\r\nHost: a\r\n\r\n", "POST /trades HTTP/1.1\rHost: a\r\n\r\n",
      "POST /trades HTTP/0.9\r\nHost: a\r\n\r\n", "POST /trades\r\n", "POST /trades HTTP/1.1\r\n\r\n",
      "POST /trades HTTP/1.1\nHost: a\n\n", "POST /trades HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
  func `a request line with two readings is refused`(text: String) async throws {
    try await Self.run { stage in
      let answers = try await Self.answers(to: text, from: stage)
      #expect(answers.count == 1)
      #expect(["400 ", "501 ", "505 "].contains(answers.first?.prefix(4)), "\(answers)")
    }
  }

  @Test(
    arguments: [
      "ZZ\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n", "2 \r\n{}\r\n0\r\n\r\n",
      "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "2\r\n{}x\r\n0\r\n\r\n",
      "\r\n2\r\n{}\r\n0\r\n\r\n",
      "2\r\n{}\r\n0\r\nBad Trailer: x\r\n\r\n", "2\n{}\n0\n\n", "2\r{}\r\n0\r\n\r\n",
    ])
  func `chunks with two readings are refused`(chunks: String) async throws {
    try await Self.run { stage in
      let answers = try await Self.answers(
        to: Self.post + "Transfer-Encoding: chunked\r\n\r\n" + chunks, from: stage)
      #expect(answers.count == 1)
      #expect(answers.first?.hasPrefix("400 ") == true, "\(answers)")
      #expect(answers.first?.contains("Connection: close\r\n") == true)
      #expect(stage.lane.count == 0)
    }
  }

  @Test func `a request that is refused by the application keeps the answers in step`() async throws {
    try await Self.run { stage in
      let bodies = ["{}", "[", String(repeating: " ", count: 9000), ""]
      let requests = bodies.map { "\(Self.post)Content-Length: \($0.utf8.count)\r\n\r\n\($0)" }.joined()
      let last = "GET /liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      let answers = Self.split(try await stage.raw(requests + last))
      #expect(answers.count == bodies.count + 1)
      #expect(answers.dropLast().allSatisfy { $0.hasPrefix("4") })
      #expect(answers.last?.hasSuffix("{\"status\":\"UP\"}") == true)
    }
  }

  @Test(arguments: ["Content-Length: 70000", "Transfer-Encoding: chunked"])
  func `what a client sends as a body that is too large is never taken for a request`(framing: String)
    async throws
  {
    try await Self.run { stage in
      let filler = String(repeating: Self.hidden, count: 2000)
      let body =
        framing.hasPrefix("C") ? filler : "\(String(filler.utf8.count, radix: 16))\r\n\(filler)\r\n0\r\n\r\n"
      let answers = try await Self.answers(to: "\(Self.post)\(framing)\r\n\r\n\(body)", from: stage)
      #expect(answers.count == 1)
      #expect(answers.first?.hasPrefix("413 ") == true, "\(answers)")
    }
  }

  @Test func `a body of tiny chunks is bounded like any other`() async throws {
    try await Self.run { stage in
      let chunk = "1;x=\(String(repeating: "y", count: 11))\r\n \r\n"
      let many = Self.post + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 70_000)
      let answers = try await Self.answers(to: many, from: stage)
      #expect(
        answers.count == 1 && answers.first?.hasPrefix("413 ") == true, "\(answers.map { $0.prefix(99) })")
    }
  }

  @Test(arguments: ["1;x=", "0\r\nX: "])
  func `an endless extension or trailer ends with the time of its body`(begin: String) async throws {
    try await TestIngress.run(setUp: { $0.limits.bodyTimeout = .milliseconds(500) }) { stage in
      let answer = try await stage.connected { connection in
        connection.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n" + begin)
        // Until the server has closed; a trailer is a header, and ends earlier.
        while connection.send(String(repeating: "y", count: 1000)) { usleep(20_000) }
        return connection.read()
      }
      // The last bytes can have made the system discard the answer.
      #expect(answer.isEmpty || Self.split(answer).count == 1, "\(answer)")
    }
  }
}
