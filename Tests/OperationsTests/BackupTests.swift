import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing
import Workers

@testable import Operations

@Suite struct BackupTests {
  private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  // MARK: Keys

  /// Fills a server with keys of every kind, small and large, of which some names and values are no text.
  private static func fill(_ redis: RedisConnection) throws {
    var odd = RESPWords("SET")
    for bytes in [[0xff, 0, 0x7b], [0xc3, 0x28, 13, 10]] as [[UInt8]] {
      bytes.withUnsafeBytes { odd.add($0) }
    }
    try redis.call(odd)
    try redis.call("SET", "empty", "")
    try redis.call("SET", "ends", "1", "PX", "86400000")
    for (kind, count) in [("small", 3), ("large", 1700)] {
      for number in 1...count {
        try redis.call("HSET", "\(kind) hash", "이름\(number)", "값\(number)")
        try redis.call("ZADD", "\(kind) sorted", "\(Double(number) * 1.1)", "m\(number)")
        try redis.call("SADD", "\(kind) set", "m\(number)")
        try redis.call("RPUSH", "\(kind) list", "\(number)")
        try redis.call("XADD", "\(kind) stream", "\(number)-\(number)", "f", "v\(number)", "g", "")
      }
      try redis.call("XDEL", "\(kind) stream", "\(count)-\(count)")
      try redis.call("XGROUP", "CREATE", "\(kind) stream", "worker", "2-2", "ENTRIESREAD", "2")
    }
    try redis.call("XGROUP", "CREATE", "never used", "worker", "0", "MKSTREAM", "ENTRIESREAD", "0")
    try redis.call("XADD", "emptied", "7-0", "f", "v")
    try redis.call("XTRIM", "emptied", "MAXLEN", "0")
    try redis.call("ZADD", "ends too", "-inf", "a", "1e300", "b")
    try redis.call("PEXPIREAT", "ends too", "4102444800000")
  }

  /// What a server says about a stream that is not in its entries.
  private static func facts(_ stream: String, _ link: any RedisLink) throws -> [String] {
    let info = try link.call("XINFO", "STREAM", stream)
    let groups = try link.call("XINFO", "GROUPS", stream).map { group in
      ["name", "last-delivered-id", "entries-read", "lag"].map { group.pairs[$0] ?? "none" }
    }
    return ["length", "last-generated-id", "max-deleted-entry-id", "entries-added"].map {
      info.pairs[$0] ?? ""
    }
      + groups.flatMap(\.self)
  }

  private static let streams = ["small stream", "large stream", "never used", "emptied"]

  @Test func `keys of every kind are copied as they are`() throws {
    let debug = ["--enable-debug-command", "yes"]
    let (one, other) = (try TestRedis(debug), try TestRedis(debug))
    let (source, target) = (try one.connect(), try other.connect())
    try Self.fill(source)
    var copy = KeyCopy(from: source, to: target) { _ in true }
    #expect(try copy.run() == source.call("DBSIZE").integer)
    #expect(try source.call("DEBUG", "DIGEST").string == target.call("DEBUG", "DIGEST").string)
    for stream in Self.streams {
      #expect(try Self.facts(stream, source) == Self.facts(stream, target), "\(stream)")
    }
    for key in ["ends", "ends too", "empty"] {
      #expect(
        try source.call("PEXPIRETIME", key).integer == target.call("PEXPIRETIME", key).integer, "\(key)")
    }
  }

  @Test func `keys are copied to wherever a cluster has them`() async throws {
    let cluster = try await onThread { try TestCluster(replicas: false) }
    try await onThread {
      let one = try TestRedis()
      let (source, target) = (try one.connect(), try cluster.connect())
      try Self.fill(source)
      var copy = KeyCopy(from: source, to: target) { _ in true }
      let count = try copy.run()
      let sizes = try target.eachMaster { (_, node) throws(RedisError) in try node.call("DBSIZE").integer ?? 0
      }
      #expect(sizes.reduce(0, +) == count && sizes.allSatisfy { $0 > 0 }, "\(sizes)")
      for stream in Self.streams { #expect(try Self.facts(stream, source) == Self.facts(stream, target)) }
      #expect(try target.call("HLEN", "large hash").integer == 1700)
      #expect(try target.call("LRANGE", "large list", "1699", "-1")[0]?.string == "1700")
    }
  }

  @Test func `a key that is there already is never touched`() throws {
    let (one, other) = (try TestRedis(), try TestRedis())
    let (source, target) = (try one.connect(), try other.connect())
    try source.call("RPUSH", "list", "copy")
    try target.call("RPUSH", "list", "own")
    var copy = KeyCopy(from: source, to: target) { _ in true }
    #expect(throws: KeyCopy.Conflict.self) { try copy.run() }
    #expect(try target.call("LRANGE", "list", "0", "-1").map(\.string) == ["own"])
  }

  // MARK: Inlets

  /// A folder with what says that a backup is in it, for copies that are servers already.
  private static func stored(
    _ folder: URL, inlets: [String: String], shards: Int, servers: Int
  ) throws -> StoredBackup {
    let files = (1...servers).map {
      BackupManifest.File(name: "redis-\($0).rdb", server: "", bytes: 0, sha256: "")
    }
    let now = Moment(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000))
    let manifest = BackupManifest(
      layout: 1, release: Release.version, format: 2, shards: shards, database: 0, begun: "\(now)",
      ended: "\(now)", inlets: inlets, files: files)
    try JSONEncoder().encode(manifest).write(to: folder.appending(path: StoredBackup.manifestName))
    return try StoredBackup(folder: folder)
  }

  /// Restores copies that servers have, and lets it run until it is at rest.
  private static func restore(
    _ copies: [RedisConnection], inlets: [String: String], shards: Int
  ) throws -> (summary: Restoration.Summary, trial: Trial, redis: TestRedis) {
    let target = try TestRedis()
    let stored = try stored(target.folder, inlets: inlets, shards: shards, servers: copies.count)
    let deployment = RedisDeployment.single(target.url)
    let summary = try Restoration(stored, to: deployment).run { file, body in
      try body(copies[(stored.files.firstIndex(of: file) ?? 0)])
    }
    let trial = try Trial(of: deployment, repairs: true, waiting: Patience.limit, logger: silent)
    return (summary, trial, target)
  }

  /// Writes reservations to the inlet as people do, and waits until they are decided.
  private static func write(_ buyers: ClosedRange<Int>, to bench: Bench) throws {
    for buyer in buyers {
      var words = RESPWords("XADD", Key.inlet(.reservation), "*")
      for (name, value) in Fields.reserve(buyer, of: buyer % 3 + 1).pairs where name != "id" {
        words.add(name)
        words.add(name == "userid" ? "손님\(buyer)" : value)
      }
      try bench.connection.call(words)
    }
    try bench.settle([])
  }

  private static func position(_ bench: Bench) throws -> String {
    let lane = LaneName(worker: "reservation", tag: "{\(Key.inlet(.reservation))}")
    return try bench.connection.call("HGET", lane.cursor, Key.inlet(.reservation)).string ?? ""
  }

  /// How many reservations each buyer has.
  private static func reservations(_ redis: TestRedis, shards: Int) throws -> [String: Int] {
    let connection = try redis.connect()
    var buyers: [String: Int] = [:]
    for shard in (0..<shards).map({ Shard($0) }) {
      for id in try connection.call("ZRANGE", Key.index(of: .reserve, in: shard), "0", "-1") {
        let key = Key.reservation(id.integer ?? 0, in: shard)
        buyers[try connection.call("HGET", key, "userid").string ?? "", default: 0] += 1
      }
    }
    return buyers
  }

  private static let expected = Dictionary(uniqueKeysWithValues: (1...10).map { ("손님\($0)", 1) })

  /// The copy of the inlet is from before its shards', and is restored long after that: nothing there remembers the
  /// commands any more but the journals.
  @Test func `what an inlet passes on once more has happened once`() throws {
    let bench = try Bench()
    try Self.write(1...5, to: bench)
    let position = try Self.position(bench)
    try Self.write(6...10, to: bench)
    bench.stop()
    let noted = try #require(position.split(separator: " ").first.flatMap { EntryID($0) })
    for key in try bench.connection.call("KEYS", "*:operation:*").compactMap(\.string) {
      let entry = key.split(separator: "/").last.flatMap { EntryID($0) }
      if try #require(entry) > noted { try bench.connection.call("DEL", key) }
    }
    let restored = try Self.restore([bench.connection], inlets: ["reservation": position], shards: 2)
    #expect(restored.summary.reread == 5 && restored.summary.done == 5)
    #expect(restored.trial.report.said == [] && restored.trial.report.isAtRest)
    #expect(try Self.reservations(restored.redis, shards: 2) == Self.expected)
  }

  /// The copy of the shards is from before the inlet's: what it read meanwhile is nowhere else.
  @Test func `what only the inlet's copy has is passed on`() throws {
    let bench = try Bench()
    try Self.write(1...5, to: bench)
    let position = try Self.position(bench)
    bench.stop()
    let inlet = "{\(Key.inlet(.reservation))}"
    func belongs(_ key: String) -> Bool { key == Key.inlet(.reservation) || key.hasPrefix(inlet) }
    let (shards, inlets) = (try TestRedis(), try TestRedis())
    var copy = try KeyCopy(from: bench.connection, to: shards.connect()) { !belongs($0) }
    _ = try copy.run()
    try Self.write(6...10, to: bench)
    bench.stop()
    copy = try KeyCopy(from: bench.connection, to: inlets.connect(), isWanted: belongs)
    _ = try copy.run()
    let restored = try Self.restore(
      [shards.connect(), inlets.connect()], inlets: ["reservation": position], shards: 2)
    #expect(restored.summary.reread == 5 && restored.summary.done == 0)
    #expect(restored.trial.report.said == [] && restored.trial.report.isAtRest)
    #expect(try Self.reservations(restored.redis, shards: 2) == Self.expected)
  }

  // MARK: The target

  @Test func `a backup replaces nothing, and an interrupted restore is repeated`() throws {
    let bench = try Bench()
    try Self.write(1...10, to: bench)
    let target = try TestRedis()
    let link = try target.connect()
    let stored = try Self.stored(target.folder, inlets: [:], shards: 2, servers: 1)
    let restoration = try Restoration(stored, to: .single(target.url))
    try link.call("SET", "own", "1")
    let refusal = #expect(throws: BackupError.self) {
      try restoration.run { _, body in try body(bench.connection) }
    }
    #expect(refusal?.description.contains("not empty") == true)
    try link.call("DEL", "own")
    bench.stop()
    struct Interrupted: Error {}
    #expect(throws: Interrupted.self) {
      try restoration.run { _, body in
        try body(bench.connection)
        throw Interrupted()
      }
    }
    #expect(try Restored(on: link)?.isUnderway == true)
    let summary = try restoration.run { _, body in try body(bench.connection) }
    #expect(try Restored(on: link)?.isUnderway == false)
    #expect(summary.last?.shard != nil)
    #expect(try Self.reservations(target, shards: 2) == Self.expected)
    for entity in Entity.allCases {
      #expect(try link.call("GET", Key.counter(entity)).integer ?? 0 >= 1_000_000)
    }
  }

  @Test func `nobody may work on what is being restored`() throws {
    let bench = try Bench()
    bench.start()
    // The replicas have to have registered.
    try bench.settle([.list(1, of: 1)])
    let stored = try Self.stored(bench.redis.folder, inlets: [:], shards: 2, servers: 1)
    let refusal = #expect(throws: BackupError.self) {
      try Restoration(stored, to: .single(bench.redis.url)).run { _, _ in Issue.record("it went on") }
    }
    #expect(refusal?.description.hasPrefix("Stop every worker and ingress first: ") == true)
  }

  // MARK: The folder

  @Test func `only a complete backup of what was written is one`() throws {
    let redis = try TestRedis()
    let root = redis.folder.appending(path: "backups")
    let bench = try Bench()
    try Self.write(1...3, to: bench)
    bench.stop()
    let backup = Backup(of: .single(bench.redis.url), to: root.path)
    #expect(throws: BackupError.self) { try StoredBackup(root.path) }
    struct Failed: Error {}
    #expect(throws: Failed.self) { try backup.run { _, _ in throw Failed() } }
    #expect(throws: BackupError.self) { try StoredBackup(root.path) }
    var made: [StoredBackup] = []
    for number in 1...3 {
      made.append(try backup.run { _, file in try Data("REDIS\(number)".utf8).write(to: file) })
    }
    #expect(try StoredBackup(root.path).folder.lastPathComponent == made[2].folder.lastPathComponent)
    #expect(try bench.connection.call("HGET", Key.lastBackup, "to").string == made[2].folder.path)
    #expect(try backup.prune(keeping: 2) == 1)
    #expect(throws: BackupError.self) { try StoredBackup(made[0].folder.path) }
    try made[1].verify()
    try Data("REDIS3!".utf8).write(to: made[2].files[0])
    #expect(throws: BackupError.self) { try made[2].verify() }
  }
}
