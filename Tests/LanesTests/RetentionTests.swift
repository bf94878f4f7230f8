import Redis
import Testbed
import Testing

@testable import Lanes

@Suite struct RetentionTests {
  /// Trims a stream of 100 entries, of which two readers have read some.
  private static func check(
    read: (Int?, Int?), keep: Int, age: Duration, left: ClosedRange<Int>, _ redis: TestRedis
  ) throws {
    let connection = try redis.connect()
    // One entry per node, so that trimming, which removes whole nodes, is exact.
    try connection.call("CONFIG", "SET", "stream-node-max-entries", "1")
    try connection.call("FLUSHALL")
    for number in 1...100 { try connection.call("XADD", "{0}:events", "\(number)-0", "n", "\(number)") }
    for (reader, read) in [("a", read.0), ("b", read.1)] {
      if let read { try connection.call("HSET", "{0}:cursor:\(reader)", "{0}:events", "\(read)-0 \(read)") }
    }
    let digest = try connection.digest(of: Retention.script)
    let gone = try connection.call(
      "EVALSHA", digest, "3", "{0}:events", "{0}:cursor:a", "{0}:cursor:b", "\(keep)", "\(age.milliseconds)")
    let numbers = try connection.call("XRANGE", "{0}:events", "-", "+").compactMap { $0[1]?[1]?.integer }
    #expect(gone.integer == 100 - numbers.count)
    #expect(numbers == Array(left))
  }

  private static let everlasting = Duration.seconds(100 * 365 * 86_400)

  @Test func `old entries are removed once all readers have read them`() async throws {
    try await TestRedis.with { redis in
      try Self.check(read: (70, 40), keep: 1000, age: .seconds(1), left: 40...100, redis)
      try Self.check(read: (70, 40), keep: 1000, age: Self.everlasting, left: 1...100, redis)
    }
  }

  @Test func `entries over the limit are removed once all readers have read them`() async throws {
    try await TestRedis.with { redis in
      try Self.check(read: (100, 90), keep: 30, age: Self.everlasting, left: 71...100, redis)
      try Self.check(read: (100, 40), keep: 30, age: Self.everlasting, left: 1...100, redis)
    }
  }

  @Test func `nothing is removed while a reader has no cursor`() async throws {
    try await TestRedis.with { redis in
      try Self.check(read: (100, nil), keep: 1, age: .zero, left: 1...100, redis)
      try Self.check(read: (100, 0), keep: 1, age: .zero, left: 1...100, redis)
    }
  }
}
