import Crypto
import Market
import Testing

@testable import Identity

/// Which verified tokens are remembered.
@Suite struct TokenCacheTests {
  private static func digest(_ number: Int) -> SHA256Digest {
    withUnsafeBytes(of: number) { SHA256.hash(data: Array($0)) }
  }

  private static func entry(_ number: Int, end: Double = 10) -> VerifiedToken {
    VerifiedToken(user: ActingUser("\(number)"), end: end)
  }

  @Test func `a token is remembered until it ends`() {
    var cache = TokenCache()
    cache.add(Self.digest(1), Self.entry(1, end: 10))
    #expect(cache.find(Self.digest(1), at: 9.9)?.user.userid == "1")
    #expect(cache.find(Self.digest(1), at: 10) == nil)
    #expect(cache.find(Self.digest(2), at: 0) == nil)
  }

  @Test func `the number of tokens is bounded, and those in use stay`() {
    var cache = TokenCache(limit: 100)
    cache.add(Self.digest(0), Self.entry(0))
    for number in 1...1000 {
      cache.add(Self.digest(number), Self.entry(number))
      #expect(cache.count <= 100)
      #expect(cache.find(Self.digest(0), at: 0)?.user.userid == "0")
    }
    #expect(cache.find(Self.digest(1000), at: 0)?.user.userid == "1000")
    #expect(cache.find(Self.digest(1), at: 0) == nil)
  }

  @Test func `a token that ended in the older half is not used again`() {
    var cache = TokenCache(limit: 4)
    for number in 1...3 { cache.add(Self.digest(number), Self.entry(number, end: 10)) }
    #expect(cache.find(Self.digest(1), at: 11) == nil)
    #expect(cache.find(Self.digest(1), at: 9) == nil)
    #expect(cache.find(Self.digest(2), at: 9)?.user.userid == "2")
  }
}
