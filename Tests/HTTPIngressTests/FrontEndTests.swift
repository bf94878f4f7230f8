import Foundation
import Testbed
import Testing

/// A custom front end besides the API.
@Suite struct FrontEndTests {
  private static func run(_ body: (TestIngress) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "site-\(UInt32.random(in: 0...UInt32.max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(
      at: folder.appending(path: "site/js/.git"), withIntermediateDirectories: true)
    for (path, text) in [
      ("site/index.html", "<h1>front</h1>"), ("site/js/app.js", String(repeating: "x", count: 300_000)),
      ("site/.env", "secret"),
      ("site/js/.git/config", "secret"), ("secret", "secret"), ("site/reserves", "not the API"),
      ("site/책 1.css", "a{}"),
    ] {
      try text.write(to: folder.appending(path: path), atomically: true, encoding: .utf8)
    }
    try await TestIngress.run(setUp: { $0.frontEnd = folder.appending(path: "site").path }) {
      try await body($0)
    }
  }

  private static func get(_ path: String, from stage: TestIngress, _ headers: String = "") async throws
    -> String
  {
    try await stage.raw("GET \(path) HTTP/1.1\r\nHost: a\r\n\(headers)Connection: close\r\n\r\n")
  }

  @Test func `browsers get the front end at the root, and programs get the API`() async throws {
    try await Self.run { stage in
      let page = try await Self.get("/", from: stage, "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n")
      #expect(page.hasPrefix("HTTP/1.1 200") && page.hasSuffix("\r\n\r\n<h1>front</h1>"))
      #expect(page.contains("Content-Type: text/html"))
      #expect(page.contains("Vary: Origin, Accept-Language, Accept\r\n"))
      for accept in ["", "Accept: */*\r\n", "Accept: application/hal+json\r\n"] {
        let root = try await Self.get("/", from: stage, accept)
        #expect(root.contains("application/hal+json") && root.contains("Accept-Language, Accept\r\n"))
      }
      let list = try await Self.get("/reserves", from: stage, "Accept: text/html\r\n")
      #expect(list.contains("totalElements"))
      let missing = try await Self.get("/reserves/7", from: stage, "Accept: text/html\r\n")
      #expect(missing.hasPrefix("HTTP/1.1 404"))
    }
  }

  @Test func `files of the front end are served`() async throws {
    try await Self.run { stage in
      let script = try await Self.get("/js/app.js", from: stage)
      #expect(
        script.contains("Content-Length: 300000\r\n") && script.contains("Content-Type: text/javascript"))
      #expect(script.hasSuffix("x") && script.utf8.count > 300_000)
      #expect(script.contains("X-Content-Type-Options: nosniff\r\n"))
      #expect(
        script.contains("Cache-Control: no-cache\r\n") && script.contains("Referrer-Policy: same-origin\r\n"))
      #expect(!script.contains("no-referrer") && !script.contains("no-store"))
      let style = try await Self.get("/%EC%B1%85%201.css", from: stage)
      #expect(style.hasSuffix("a{}"))
      let head = try await stage.raw("HEAD /js/app.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(head.contains("Content-Length: 300000\r\n") && head.hasSuffix("\r\n\r\n"))
      let tag = try #require(script.firstMatch(of: /ETag: (.+)\r\n/)?.1)
      let again = try await Self.get("/js/app.js", from: stage, "If-None-Match: \(tag)\r\n")
      #expect(again.hasPrefix("HTTP/1.1 304"))
      // As if no range had been requested.
      #expect(
        try await Self.get("/js/app.js", from: stage, "Range: bytes=400000-400010\r\n").hasPrefix(
          "HTTP/1.1 200"))
    }
  }

  @Test(
    arguments: [
      "/../secret", "/..%2Fsecret", "/%2e%2e/secret", "/js/../../secret", "/.env", "/%2Eenv",
      "/js/.git/config", "//secret",
      "/js//app.js", "/js/..%5c..%5csecret", "/index.html%00.js", "/js", "/none.js", "/%FF",
    ])
  func `hidden files and files outside the front end are not served`(path: String) async throws {
    try await Self.run { stage in
      let answer = try await Self.get(path, from: stage)
      #expect(answer.hasPrefix("HTTP/1.1 404") || answer.hasPrefix("HTTP/1.1 301"))
      #expect(!answer.contains("secret\r\n") && !answer.hasSuffix("secret"))
      #expect(answer.hasPrefix("HTTP/1.1 301") == (path == "/js"))
    }
  }

  @Test func `without a front end of one's own, browsers get the market page`() async throws {
    try await TestIngress.run { stage in
      let page = try await Self.get("/", from: stage, "Accept: text/html\r\n")
      #expect(
        page.contains("Content-Type: text/html")
          && page.contains("Content-Security-Policy: default-src 'none'"))
      #expect(page.contains("Vary: Origin, Accept-Language, Accept-Encoding, Accept\r\n"))
      for file in page.matches(of: /(?:href|src)="(market\/[^"]+)"/) {
        let answer = try await Self.get("/\(file.1)", from: stage)
        #expect(answer.hasPrefix("HTTP/1.1 200"), "\(file.1)")
      }
      let root = try await Self.get("/", from: stage, "Accept: application/json\r\n")
      #expect(root.contains("application/hal+json"))
      for path in ["/index.html", "/market/none.js", "/market/..%2Fmarket.html", "/market/"] {
        #expect(try await Self.get(path, from: stage).hasPrefix("HTTP/1.1 404"), "\(path)")
      }
    }
  }
}
