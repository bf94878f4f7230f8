import Redis
import Testbed
import Testing

@testable import Lanes

@Suite struct LeaseTests {
  private static let lane = LaneName(worker: "copy", tag: "{0}")

  private static func run(_ script: Script, _ arguments: String..., on connection: RedisConnection) throws
    -> Int?
  {
    var words = RESPWords("EVALSHA", try connection.digest(of: script), "2", lane.lease, lane.attempts)
    for argument in arguments { words.add(argument) }
    return try connection.call(words).integer
  }

  private static func commit(_ token: String, on connection: RedisConnection) throws -> RESPWords {
    var commit = Commit(lane: lane)
    commit.add { $0.add("INCR", "{0}:count") }
    return commit.call(
      digest: try connection.digest(of: Commit.script), token: token, leaseMilliseconds: 60_000, inputs: [])
  }

  @Test func `a lease has one owner, and only its owner can give it back`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      #expect(try Self.run(Lease.acquire, "a:1", "", "60000", on: connection) == 1)
      #expect(try Self.run(Lease.acquire, "b:1", "", "60000", on: connection) == 0)
      #expect(try Self.run(Lease.acquire, "b:1", "b:0", "60000", on: connection) == 0)
      #expect(try Self.run(Lease.release, "b:1", on: connection) == 0)
      #expect(try Self.run(Lease.release, "a:1", on: connection) == 1)
      #expect(try Self.run(Lease.acquire, "b:2", "", "60000", on: connection) == 1)
      #expect(
        try connection.call("PTTL", Self.lane.lease).integer.map { (59_000...60_000).contains($0) } == true)
    }
  }

  @Test func `a lease that is taken again fences off commits under the old token`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      #expect(try Self.run(Lease.acquire, "a:1", "", "60000", on: connection) == 1)
      try connection.call(Self.commit("a:1", on: connection))
      // The same replica returns on a new connection before its old commit is done.
      #expect(try Self.run(Lease.acquire, "a:2", "a:1", "60000", on: redis.connect()) == 2)
      let error = #expect(throws: RedisError.self) { try connection.call(Self.commit("a:1", on: connection)) }
      #expect(error?.code == .refused(kind: .fenced))
      #expect(try connection.call("GET", "{0}:count").integer == 1)
      #expect(try connection.call("GET", Self.lane.lease).equals("a:2"))
      try connection.call(Self.commit("a:2", on: connection))
      #expect(try connection.call("GET", "{0}:count").integer == 2)
    }
  }

  @Test func `an expired lease fences its owner off, and a commit extends a valid one`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      #expect(try Self.run(Lease.acquire, "a:1", "", "60000", on: connection) == 1)
      try connection.call("PEXPIRE", Self.lane.lease, "5000")
      try connection.call(Self.commit("a:1", on: connection))
      #expect(try connection.call("PTTL", Self.lane.lease).integer.map { $0 > 50_000 } == true)
      try connection.call("PEXPIRE", Self.lane.lease, "0")
      let error = #expect(throws: RedisError.self) { try connection.call(Self.commit("a:1", on: connection)) }
      #expect(error?.code == .refused(kind: .fenced))
      #expect(try connection.call("GET", "{0}:count").integer == 1)
    }
  }
}
