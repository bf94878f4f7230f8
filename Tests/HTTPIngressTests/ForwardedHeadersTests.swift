import Foundation
import NIOCore
import Testbed
import Testing

@testable import HTTPIngress

/// The base URL of a client's links, and which proxies can set it.
@Suite struct ForwardedHeadersTests {
  private static let forwarded = ["X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"]

  @Test func `forwarded headers of an unknown sender are ignored`() async throws {
    try await TestIngress.run(setUp: { $0.trustedProxies = [AddressRange("10.0.0.0/8")].compactMap(\.self) })
    {
      stage in
      let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7), Self.forwarded)
      #expect(made.headers["location"]?.hasPrefix(stage.base) == true)
      let root = try await stage.call("GET", "/", nil, Self.forwarded)
      #expect(root.json["_links"]["reserves"]["href"].text == stage.base + "/reserves")
    }
  }

  @Test func `forwarded headers of a trusted proxy are used`() async throws {
    try await TestIngress.run(setUp: { $0.trustedProxies = TestIngress.loopback }) { stage in
      func link(_ headers: [String: String]) async throws -> String? {
        try await stage.call("GET", "/", nil, headers).json["_links"]["reserves"]["href"].text
      }
      #expect(
        try await link(["X-Forwarded-Proto": "https"]) == "https" + stage.base.dropFirst(4) + "/reserves")
      let row = ["X-Forwarded-Proto": "HTTPS, http", "X-Forwarded-Host": "shop.example:444, inner"]
      #expect(try await link(row) == "https://shop.example:444/reserves")
      #expect(try await link([:]) == stage.base + "/reserves")
      for wrong in [
        ["X-Forwarded-Proto": "javascript"], ["X-Forwarded-Host": "good@evil"], ["X-Forwarded-Host": "a\"b"],
      ] {
        let refused = try await stage.call("GET", "/", nil, wrong)
        #expect(refused.status == 400 && refused.json["code"].text == "badForwarding")
      }
    }
  }

  @Test func `a configured base URL overrides forwarded headers`() async throws {
    try await TestIngress.run(setUp: {
      $0.baseURL = BaseURL("https://shop.example/"); $0.trustedProxies = TestIngress.loopback
    }) { stage in
      let root = try await stage.call("GET", "/", nil, Self.forwarded)
      #expect(root.json["_links"]["reserves"]["href"].text == "https://shop.example/reserves")
    }
  }

  @Test func `Vary names the headers that an answer depends on`() async throws {
    try await TestIngress.run { stage in
      for (path, headers) in [
        ("/reserves", [:]), ("/nowhere", ["Origin": "http://a.example"]), ("/liveness", [:]),
      ] {
        let vary = try await stage.call("GET", path, nil, headers).headers["vary"]
        #expect(vary == "Origin, Accept-Language")
      }
    }
    try await TestIngress.run(setUp: { $0.trustedProxies = TestIngress.loopback }) { stage in
      let vary = try await stage.call("GET", "/reserves").headers["vary"]
      #expect(vary == "Origin, Accept-Language, X-Forwarded-Host, X-Forwarded-Proto")
    }
  }

  @Test(
    arguments: [
      ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("10.0.0.129/25", "10.0.0.200", true),
      ("10.0.0.129/25", "10.0.0.1", false), ("127.0.0.1", "127.0.0.1", true),
      ("127.0.0.1", "127.0.0.2", false),
      ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("127.0.0.1", "::ffff:127.0.0.1", true),
      ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe80::1", false), ("::1", "::1", true),
    ])
  func `an address range contains exactly its addresses`(range: String, address: String, isIn: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try SocketAddress(ipAddress: address, port: 1)) == isIn)
  }

  @Test(arguments: ["", "a", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.1/8/8"])
  func `an invalid address range is refused`(text: String) { #expect(AddressRange(text) == nil) }

  @Test(arguments: ["http://a", "https://a.example:8443", "HTTP://[::1]/"])
  func `a valid base URL is accepted`(text: String) { #expect(BaseURL(text) != nil) }

  @Test(arguments: [
    "", "a", "ftp://a", "http://", "http://a/b", "http://a?b", "http://x@a", "javascript:alert(1)//",
  ])
  func `an invalid base URL is refused`(text: String) { #expect(BaseURL(text) == nil) }
}
