import Keys
import Lanes
import Redis
import Testbed
import Testing
import Workers

@testable import Operations

/// Which releases live, and which format is written.
@Suite struct StatusTests {
  private static let next = Build(reads: DataFormat.current + 1, release: "9.9.0")

  private static func status(of redis: TestRedis) throws -> SystemStatus {
    try SystemStatus(.single(redis.url))
  }

  private static func join(_ role: String, _ name: String, _ build: Build?, _ link: any RedisLink) throws {
    try Replica(name: name, build: build).join(role, for: .seconds(60), over: link)
  }

  @Test func `the status tells which releases live, and what they read`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try link.call("SET", Key.shardCount, "1")
      #expect(try Self.status(of: redis).releases.isEmpty)
      for worker in WorkerKind.allCases {
        try Self.join(worker.rawValue, "\(worker.rawValue)-1", .this, link)
      }
      try Self.join(Fleet.ingress, "ingress-1", .this, link)
      let alike = try Self.status(of: redis).releases
      let roles = Dictionary(uniqueKeysWithValues: Fleet.roles.map { ($0, 1) })
      #expect(
        alike == [.init(release: Release.version, reads: DataFormat.current, replicas: roles)])

      try Self.join("trade", "trade-2", nil, link)
      try Self.join("trade", "trade-3", nil, link)
      try Self.join(Fleet.ingress, "ingress-2", Self.next, link)
      let mixed = try Self.status(of: redis)
      #expect(mixed.releases.map(\.release) == ["9.9.0", Release.version, nil])
      #expect(mixed.releases.map(\.reads) == [DataFormat.current + 1, DataFormat.current, DataFormat.first])
      #expect(mixed.releases.map(\.replicas) == [["ingress": 1], roles, ["trade": 2]])
      #expect(mixed.workers.first { $0.worker == "trade" }?.replicas == 3)
    }
  }

  @Test func `an older replica than what is written is a trouble`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try link.call("SET", Key.shardCount, "1")
      try Self.join("trade", "trade-1", .this, link)
      try Self.join("trade", "trade-2", nil, link)
      #expect(try Self.status(of: redis).troubles.isEmpty)
      while try FormatState(on: link).writes < DataFormat.current {
        #expect(try FormatState(on: link).raise(isAsked: true, on: link))
      }
      let trouble = try #require(try Self.status(of: redis).troubles.first)
      #expect(trouble.contains("reads only format 1") && trouble.contains("(1 trade)"))
    }
  }

  @Test func `who has not registered for a while does not live`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try link.call("SET", Key.shardCount, "1")
      try link.call("ZADD", "replicas:{stock}", "1", "stock-1")
      let status = try Self.status(of: redis)
      #expect(status.releases.isEmpty && status.workers.first { $0.worker == "stock" }?.replicas == 0)
    }
  }

  @Test func `the status tells the format, and whether it is held`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try link.call("SET", Key.shardCount, "1")
      #expect(try Self.status(of: redis).format == .init(writes: DataFormat.first, by: nil, hold: false))
      try FormatState.hold(true, on: link)
      #expect(try FormatState(on: link).raise(isAsked: true, on: link))
      let format = try Self.status(of: redis).format
      #expect(format == .init(writes: DataFormat.first + 1, by: Release.version, hold: true))
    }
  }
}
