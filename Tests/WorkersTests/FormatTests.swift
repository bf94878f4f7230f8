import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import Workers

/// The format of the data: what is written is what all living replicas can read.
@Suite struct FormatTests {
  private static let older = Build(reads: DataFormat.current - 1, release: "1.4.2")

  /// Registers a replica of every worker, of a release.
  private func register(
    _ build: Build, besides others: [(worker: WorkerKind, build: Build?)] = [], on link: any RedisLink
  ) throws {
    for worker in WorkerKind.allCases {
      try Replica(name: "\(worker.rawValue)-1", build: build).join(
        worker.rawValue, for: .seconds(60), over: link)
    }
    for (number, other) in others.enumerated() {
      try Replica(name: "\(other.worker.rawValue)-other\(number)", build: other.build)
        .join(other.worker.rawValue, for: .seconds(60), over: link)
    }
  }

  @Test func `data without a number is of the first format`() async throws {
    try await TestRedis.with { redis in
      let format = try FormatState(on: redis.connect())
      #expect(format.writes == DataFormat.first && format.release == nil && !format.isHeld)
      #expect(format.obstacle == nil)
    }
  }

  @Test func `a newer format names the release that reads it`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      try connection.call("HSET", Key.format, "writes", "\(DataFormat.current + 1)", "by", "9.9.0")
      let obstacle = try #require(try FormatState(on: connection).obstacle)
      #expect(obstacle.contains("format \(DataFormat.current + 1)") && obstacle.contains("release 9.9.0"))
    }
  }

  @Test func `replicas of this release can follow`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      try register(.this, on: connection)
      let fleet = try Fleet(on: connection)
      #expect(fleet.members.count == WorkerKind.allCases.count)
      #expect(fleet.members.allSatisfy { $0.reads == DataFormat.current && $0.release == Release.version })
      #expect(fleet.obstacle(to: DataFormat.current) == nil)
    }
  }

  @Test func `one replica of an older release holds all back`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      try register(.this, besides: [(.stock, nil), (.mypage, Self.older)], on: connection)
      let obstacle = try #require(try Fleet(on: connection).obstacle(to: DataFormat.current))
      #expect(obstacle.contains("stock-other0") && obstacle.contains("format 1"))
    }
  }

  @Test func `an ingress of an older release holds all back`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      try register(.this, on: connection)
      try Replica(name: "ingress-old", build: Self.older)
        .join(Fleet.ingress, for: .seconds(60), over: connection)
      #expect(try Fleet(on: connection).obstacle(to: DataFormat.current)?.contains("ingress-old") == true)
    }
  }

  @Test func `a worker without a living replica holds all back`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      try register(.this, on: connection)
      try Replica(name: "trade-1", build: .this).leave("trade", over: connection)
      #expect(try Fleet(on: connection).obstacle(to: DataFormat.current) == "no replica lives of trade")
    }
  }

  @Test func `a format is raised by one, once`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let before = try FormatState(on: connection)
      #expect(try before.raise(on: connection))
      let after = try FormatState(on: connection)
      #expect(after.writes == before.writes + 1 && after.release == Release.version)
      #expect(try !before.raise(on: connection))
      #expect(try FormatState(on: connection) == after)
    }
  }

  @Test func `a held format is raised only by who asks for it`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      try FormatState.hold(true, on: connection)
      let held = try FormatState(on: connection)
      #expect(try held.isHeld && !held.raise(on: connection))
      #expect(try held.raise(isAsked: true, on: connection))
      try FormatState.hold(false, on: connection)
      #expect(try !FormatState(on: connection).isHeld)
    }
  }

  @Test func `a written format never goes back`() {
    let written = WrittenFormat(1)
    written.raise(to: 2)
    written.raise(to: 1)
    #expect(written.current == 2)
  }
}
