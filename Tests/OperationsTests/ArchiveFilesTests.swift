import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing
import Workers

@testable import Operations

/// What has left goes from Redis into files, exactly once.
@Suite struct ArchiveFilesTests {
  /// A folder that is removed with the value.
  final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID().uuidString)")
    var archive: ArchiveFolder { ArchiveFolder(url.path) }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// All lines of all files, as they are.
    func lines() throws -> [String] {
      try archive.days().flatMap { day in
        let place = url.appending(path: day)
        return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted().flatMap { name in
          try String(contentsOf: place.appending(path: name), encoding: .utf8).split(separator: "\n").map(
            String.init)
        }
      }
    }

    func records() throws -> [ArchiveRecord] {
      var records: [ArchiveRecord] = []
      try archive.each { records.append($0) }
      return records
    }
  }

  /// Adds records of reservations to an archive, in a shard that needs no workers.
  private static func add(
    _ ids: ClosedRange<Int>, at milliseconds: UInt64 = 1_790_000_000_000, in shard: Shard = Shard(0),
    to redis: any RedisLink
  ) throws {
    var commands = Commands()
    for id in ids {
      let record: Fields = ["id": "\(id)", "userid": "김 “민지”\\", "address": "서울/강남"]
      commands.add(
        "XADD", Key.archive(of: shard), "\(milliseconds)-\(id)", "entity", "reserve", "id", "\(id)",
        "productid",
        "7", "endedAt", "2026-09-01T00:00:00.000Z", "record", record.packed)
    }
    for reply in try redis.exchange(commands) { try reply.get() }
  }

  private static func empty() throws -> (redis: TestRedis, connection: RedisConnection) {
    let redis = try TestRedis()
    let connection = try redis.connect()
    try connection.call("SET", Key.shardCount, "1")
    return (redis, connection)
  }

  @Test func `what has left is in files by day and shard, and no longer in Redis`() throws {
    let (bench, folder) = (try Bench.left(), Folder())
    let item = try #require(try ArchivedItem(.reserve, 1, bench.connection))
    #expect(item.isInRedis && item.record?.record["userid"] == "buyer1")
    #expect(try Archiver(bench.connection, to: folder.archive).run() == 3)
    #expect(try bench.connection.call("XLEN", Key.archive(of: Shard(0))).integer == 0)
    let records = try folder.records()
    #expect(Set(records.map(\.entity)) == [.reserve, .trade, .inventory])
    for (record, line) in zip(records, try folder.lines()) {
      let json = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
      #expect(json["entity"].text == record.entity.rawValue && json["productid"].integer == 7)
      #expect(json["shard"].integer == 0 && json["record"]["productid"].text == "7")
      #expect(json["archivedAt"].text == record.entry.timestamp && json["entry"].text == "\(record.entry)")
      #expect(json["endedAt"].text?.hasSuffix("Z") == true)
      #expect(
        FileManager.default.fileExists(atPath: folder.url.appending(path: "\(record.day)/0.ndjson").path))
    }
    #expect(try Archiver(bench.connection, to: folder.archive).run() == 0)
    #expect(try folder.lines().count == 3)
    #expect(try bench.audit().said == [])

    let gone = try #require(try ArchivedItem(.reserve, 1, bench.connection))
    #expect(gone.record == nil && gone.day == item.day)
    let found = try #require(try ArchivedItem(.reserve, 1, bench.connection, in: folder.archive))
    #expect(found.record?.record["userid"] == "buyer1" && !found.isInRedis)
    #expect(try ArchivedItem(.reserve, 2, bench.connection, in: folder.archive) == nil)
    let timeline = try Timeline(of: .reserve, 1, bench.connection, archive: folder.archive).moments
    #expect(timeline.last?.line.type == "archived" && timeline.last?.facts["userid"] == "buyer1")
    #expect(
      timeline.contains { $0.line.type == "ended" } && timeline.contains { $0.line.type == "TradeCompleted" })
    let blind = try Timeline(of: .trade, 9, bench.connection).moments
    #expect(blind.contains { $0.line.type == "archived" && $0.facts == [:] })
  }

  @Test func `many pages, and days, are written in bounded steps`() throws {
    let ((redis, connection), folder) = (try Self.empty(), Folder())
    defer { withExtendedLifetime(redis) {} }
    let day: UInt64 = 86_400_000
    for number in 0..<3 {
      let first = number * 700 + 1
      try Self.add(first...first + 699, at: 1_790_000_000_000 + UInt64(number) * day, to: connection)
    }
    #expect(try Archiver(connection, to: folder.archive).run() == 2100)
    #expect(try folder.records().map(\.id) == Array(1...2100))
    #expect(try folder.archive.days().count == 3)
    #expect(try folder.records().first?.record["userid"] == "김 “민지”\\")
  }

  @Test func `whatever was interrupted is done once`() throws {
    let ((redis, connection), folder) = (try Self.empty(), Folder())
    defer { withExtendedLifetime(redis) {} }
    try Self.add(1...5, to: connection)
    let copy = try connection.call("DUMP", Key.archive(of: Shard(0)))
    func restore() throws {
      var words = RESPWords("RESTORE", Key.archive(of: Shard(0)), "0")
      copy.withBytes { words.add($0) }
      words.add("REPLACE")
      try connection.call(words)
    }
    #expect(try Archiver(connection, to: folder.archive).run() == 5)
    let whole = try folder.lines()
    let file = folder.url.appending(path: "\(try folder.archive.days()[0])/0.ndjson")
    let text = try Data(contentsOf: file)
    // Killed before anything was trimmed, and at any byte of what was written.
    for length in Array(stride(from: 0, through: text.count, by: 37)) + [text.count - 1, text.count] {
      try text.prefix(length).write(to: file)
      try restore()
      _ = try Archiver(connection, to: folder.archive).run()
      #expect(try folder.lines() == whole, "\(length) bytes")
      #expect(try connection.call("XLEN", Key.archive(of: Shard(0))).integer == 0)
    }
    // Killed before the file was there.
    try FileManager.default.removeItem(at: folder.url)
    try restore()
    _ = try Archiver(connection, to: folder.archive).run()
    #expect(try folder.lines() == whole)
    // After a fail-over, another server's clock can be behind: other records have ids that the file is past.
    try connection.call("DEL", Key.archive(of: Shard(0)))
    try Self.add(3...7, at: 1_790_000_000_000 - 5, to: connection)
    #expect(try Archiver(connection, to: folder.archive).run() == 5)
    #expect(try folder.lines().count == 10)
  }

  @Test func `an entry that is no record stops it, and nothing is removed`() throws {
    let ((redis, connection), folder) = (try Self.empty(), Folder())
    defer { withExtendedLifetime(redis) {} }
    try connection.call("XADD", Key.archive(of: Shard(0)), "5-1", "what", "is this")
    let error = #expect(throws: ArchiveError.self) { try Archiver(connection, to: folder.archive).run() }
    #expect(error?.description.contains("Entry 5-1 in the archive of shard 0") == true)
    #expect(try connection.call("XLEN", Key.archive(of: Shard(0))).integer == 1)
  }

  @Test
  func `what an older release ended is sent on its way, once it is old enough and the format allows it`()
    throws
  {
    let bench = try Bench(shards: 1, policy: .timeless)
    try bench.settle([
      .list(9, of: 7), .register(7), .reserve(1, of: 7), .list(10, of: 8), .reserve(2, of: 8),
    ])
    try bench.settle([["type": "Handover", "id": "9", "productid": "7"]])
    bench.stop()
    let redis = bench.connection
    try redis.call("HDEL", "{0}:reserve:1", "endedAt")
    try redis.call("HDEL", "{0}:trade:9", "endedAt")
    func send(keeping: Int) throws -> Int {
      var older = try OlderEnds(redis)
      return try older.send(keeping: keeping)
    }
    #expect(try send(keeping: 1) == 0)
    try redis.call("HSET", Key.format, "writes", "2")
    #expect(try send(keeping: 0) == 0)
    // Its row is younger, so that its listing stays too.
    #expect(try send(keeping: 86_400_000) == 0)
    try insist("a second has passed") {
      let sent = try send(keeping: 1)
      guard sent == 2 else { throw NeverHappened(description: "\(sent) were sent") }
    }
    let sent = try redis.call("XREVRANGE", "{0}:reservation.commands", "+", "-", "COUNT", "1")[0]?[1]?.pairs
    #expect(sent == ["type": "TimeCame", "timer": "ended:1:7:0"])
    let other = try redis.call("XREVRANGE", "{0}:trade.commands", "+", "-", "COUNT", "1")[0]?[1]?.pairs
    #expect(other == ["type": "TimeCame", "timer": "ended:9:7:0"])
  }

  @Test func `it works on a cluster`() async throws {
    try await onThread {
      let (bench, folder) = (try ClusterBench(), Folder())
      for shard in 0..<ClusterBench.shards { try Self.add(1...3, in: Shard(shard), to: bench.connection) }
      #expect(try Archiver(bench.connection, to: folder.archive).run() == 24)
      #expect(Set(try folder.records().map(\.shard.index)) == Set(0..<ClusterBench.shards))
      try bench.connection.call("HSET", Key.format, "writes", "2")
      for shard in 0..<ClusterBench.shards { try Self.add(4...4, in: Shard(shard), to: bench.connection) }
      // In the archive only: no worker has to be asked.
      let forgetting = Forgetting("김 “민지”\\", on: bench.connection, archive: folder.archive)
      #expect(try forgetting.run(waiting: .zero).records == 32)
      #expect(
        try folder.records().allSatisfy {
          $0.record["userid"] == Forgotten.user && $0.record["address"] == ""
        })
      #expect(try Archiver(bench.connection, to: folder.archive).run() == 8)
      #expect(try folder.records().allSatisfy { $0.record["userid"] == Forgotten.user })
      #expect(try forgetting.run(waiting: .zero).isNothing)
    }
  }
}
