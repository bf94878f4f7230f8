import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Pages

@Suite struct PageFilesTests {
  private static let text = String(repeating: "당근 ", count: 500)
  private static let files = PageFiles(["a.js": Array(text.utf8), "tiny.css": Array("a{}".utf8)])

  private static func get(_ name: String, _ headers: HTTPFields = [:]) -> Response? {
    let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/\(name)", headerFields: headers)
    return files.response(for: name, to: Request(head: head, body: .init(buffer: ByteBuffer())))
  }

  @Test func `a file has its type, a tag, a strict policy, and is asked for again`() throws {
    let answer = try #require(Self.get("a.js"))
    #expect(answer.status == .ok && answer.body.contentLength == Self.text.utf8.count)
    #expect(answer.headers[.contentType] == "text/javascript; charset=utf-8")
    #expect(answer.headers[.cacheControl] == "no-cache" && answer.headers[.vary] == "Accept-Encoding")
    let policy = try #require(answer.headers[.contentSecurityPolicy])
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"))
    #expect(Self.get("b.js") == nil)
  }

  @Test func `who takes gzip gets it, with another tag`() throws {
    let plain = try #require(Self.get("a.js"))
    let packed = try #require(Self.get("a.js", [.acceptEncoding: "br, gzip;q=0.5"]))
    #expect(packed.headers[.contentEncoding] == "gzip")
    #expect(try #require(packed.body.contentLength) < 200)
    #expect(packed.headers[.eTag] != plain.headers[.eTag])
    for refused in ["br", "gzip;q=0", "identity", ""] {
      #expect(try #require(Self.get("a.js", [.acceptEncoding: refused])).headers[.contentEncoding] == nil)
    }
    // What would become larger stays as it is.
    let tiny = try #require(Self.get("tiny.css", [.acceptEncoding: "gzip"]))
    #expect(tiny.headers[.contentEncoding] == nil && tiny.body.contentLength == 3)
  }

  @Test func `who has the file gets a 304`() throws {
    for encoding in ["gzip", "identity"] {
      let tag = try #require(Self.get("a.js", [.acceptEncoding: encoding])?.headers[.eTag])
      for known in [tag, "W/\(tag)", "\"x\", \(tag)"] {
        let answer = try #require(Self.get("a.js", [.acceptEncoding: encoding, .ifNoneMatch: known]))
        #expect(answer.status == .notModified && answer.headers[.eTag] == tag)
        #expect(answer.body.contentLength == 0)
      }
      #expect(Self.get("a.js", [.acceptEncoding: encoding, .ifNoneMatch: "\"x\""])?.status == .ok)
    }
  }
}
