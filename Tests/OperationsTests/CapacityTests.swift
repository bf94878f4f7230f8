import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import Operations

/// How much memory is left, for how long, and what it is used for.
@Suite struct CapacityTests {
  private static let start = 490_000

  /// A history of so many hours, by what each master uses in the hour.
  private static func history(_ hours: Int, _ used: [String: (Int) -> Int]) -> MemoryHistory {
    MemoryHistory(
      samples: (0..<hours).map { hour in
        MemoryHistory.Sample(
          hour: start + hour,
          masters: used.map { MasterMemory(master: $0.key, used: $0.value(hour), limit: 1_000_000) })
      })
  }

  private static func now(_ master: String, _ used: Int, _ limit: Int = 1_000_000) -> MasterMemory {
    MasterMemory(master: master, used: used, limit: limit)
  }

  private static func days(_ capacity: Capacity) -> Double? {
    if case .full(let days) = capacity.outlook { days } else { nil }
  }

  @Test func `what grows evenly is full when the line meets the limit`() throws {
    // 1,000 an hour, with a tide of each day.
    let history = Self.history(168) { hour in 400_000 + 1000 * hour + (hour % 24 < 12 ? 5000 : 0) }
    let days = try #require(Self.days(Capacity([Self.now("redis", 520_000)], history)))
    #expect(days > 19 && days < 21)
  }

  @Test func `less than a day says nothing, and what does not grow lasts`() {
    let growing = { (hour: Int) in 1000 * hour }
    #expect(Capacity([Self.now("redis", 24_000)], Self.history(24, growing)).outlook == .unknown)
    #expect(Capacity([Self.now("redis", 25_000)], Self.history(25, growing)).outlook != .unknown)
    #expect(Capacity([Self.now("redis", 5)], Self.history(0, growing)).outlook == .unknown)
    for flat in [{ (_: Int) in 7000 }, { 900_000 - 100 * $0 }, { 7000 + $0 / 100 }] {
      #expect(Capacity([Self.now("redis", 7000)], Self.history(168, flat)).outlook == .steady)
    }
    // Only the last week counts.
    let calm = Self.history(336) { $0 < 168 ? 3000 * $0 : 504_000 }
    #expect(Capacity([Self.now("redis", 504_000)], calm).outlook == .steady)
    // A master that tells no limit is never full.
    #expect(Capacity([Self.now("redis", 25_000, 0)], Self.history(168, growing)).outlook == .unknown)
  }

  @Test func `of several masters, the one that is full first counts`() throws {
    let history = Self.history(
      168, ["a": { 1000 * $0 }, "b": { 2000 * $0 }, "c": { _ in 5000 }])
    let all = Capacity([Self.now("a", 168_000), Self.now("b", 336_000), Self.now("c", 5000)], history)
    #expect(all.masters.count == 3 && all.used == 509_000 && all.limit == 3_000_000 && all.percent == 17)
    #expect(abs(try #require(Self.days(all)) - Double(664_000) / 2000 / 24) < 0.1)
    #expect(all.masters[2].outlook == .steady)
    // A new one is not known, but does not hide the others.
    #expect(Capacity([Self.now("c", 5000), Self.now("d", 1)], history).outlook == .unknown)
    #expect(Self.days(Capacity([Self.now("a", 168_000), Self.now("d", 1)], history)) != nil)
    #expect(Capacity([], history).outlook == .unknown)
  }

  @Test func `each outlook is said in its own way`() throws {
    func image(_ history: MemoryHistory) throws -> JSON {
      let capacity = Capacity([Self.now("redis", 500_000)], history)
      return try JSONDecoder().decode(JSON.self, from: JSONEncoder().encode(capacity))
    }
    let full = try image(Self.history(168) { 332_000 + 1000 * $0 })
    #expect(full["outlook"].text == "full" && full["percent"].integer == 50)
    #expect(full["daysUntilFull"] == full["masters"][0]["daysUntilFull"])
    #expect(try image(Self.history(168) { _ in 500_000 })["outlook"].text == "steady")
    let unknown = try image(Self.history(2) { 1000 * $0 })
    #expect(unknown["outlook"].text == "unknown" && unknown["daysUntilFull"] == .null)
  }

  private static func history(_ hours: Int, _ used: @escaping (Int) -> Int) -> MemoryHistory {
    history(hours, ["redis": used])
  }

  // MARK: In Redis

  private static func read(_ redis: RedisConnection) throws -> MemoryHistory {
    var ask = Commands()
    MemoryHistory.ask(&ask)
    return MemoryHistory(try redis.exchange(ask))
  }

  @Test func `an hour is noted once, whoever comes first, and two weeks are kept`() throws {
    let server = try TestRedis()
    let redis = try server.connect()
    let masters = [Self.now("10.0.0.1:6379", 7), Self.now("10.0.0.2:6379", 8)]
    // An hour that ends in the middle has a second chance.
    try insist("it is noted once") {
      try redis.call("DEL", Key.memory)
      let hours = try [1, 2].map { used in
        try MemoryHistory.note(used == 1 ? masters : [Self.now("other", 9)], on: server.connect())
        return (try redis.call("TIME")[0]?.integer ?? 0) / 3600
      }
      guard hours[0] == hours[1] else { return false }
      let sample = MemoryHistory.Sample(hour: hours[0], masters: masters)
      #expect(try Self.read(redis).samples == [sample])
      return true
    }
    let now = try #require(try Self.read(redis).samples.first?.hour)
    // The places of all other hours: of the last two weeks, of the ones before, and of some that have not come.
    for age in 1..<MemoryHistory.hours {
      try redis.call(
        "HSET", Key.memory, "\((now - age) % MemoryHistory.hours)",
        "\(age % 3 == 0 ? now - age : age % 3 == 1 ? now - age - MemoryHistory.hours : now + 5000) redis 1 2")
    }
    let kept = try Self.read(redis).samples.map(\.hour)
    #expect(kept == (0..<MemoryHistory.hours).filter { $0 % 3 == 0 }.map { now - $0 }.reversed())
    #expect(try redis.call("HLEN", Key.memory).integer == MemoryHistory.hours)
    try redis.call("HSET", Key.memory, "0", "nonsense", "1", "17 a b", "2", "17 a b c")
    #expect(try Self.read(redis).samples.count >= kept.count - 3)
    // What a clock that went astray wrote is replaced.
    try redis.call("HSET", Key.memory, "\(now % MemoryHistory.hours)", "\(now + 336_000) redis 1 2")
    try MemoryHistory.note(masters, on: redis)
    #expect(try Self.read(redis).samples.contains { $0.masters == masters })
  }

  @Test func `without maxmemory the memory of the machine is the limit`() throws {
    let bench = try Bench()
    let redis = try bench.redis.connect()
    let machine = try #require(redis.call("INFO", "memory").fact("total_system_memory").flatMap { Int($0) })
    #expect(try MemoryUse(redis).limit == machine)
    #expect(try SystemStatus(.single(bench.redis.url)).capacity.limit == machine)
    try redis.call("CONFIG", "SET", "maxmemory", "64mb")
    #expect(try MemoryUse(redis).limit == 64 << 20)
    let status = try SystemStatus(.single(bench.redis.url))
    #expect(status.capacity.limit == 64 << 20 && status.capacity.used == status.memory)
    #expect(status.capacity.percent ?? 0 > 0 && status.capacity.outlook == .unknown)
  }

  @Test func `the status tells when it is full`() throws {
    let bench = try Bench()
    let redis = try bench.redis.connect()
    try redis.call("CONFIG", "SET", "maxmemory", "1gb")
    let now = (try redis.call("TIME")[0]?.integer ?? 0) / 3600
    for age in 0..<100 {
      try redis.call(
        "HSET", Key.memory, "\((now - age) % MemoryHistory.hours)",
        "\(now - age) redis \((100 - age) << 20) 1073741824")
    }
    // A megabyte an hour.
    let days = try #require(Self.days(try SystemStatus(.single(bench.redis.url)).capacity))
    #expect(days > 41 && days < 43)
  }

  /// One example of every key that `Key` and `LaneName` can make, by the name of what makes it.
  private static let examples: [String: [String]] = {
    let shard = Shard(3)
    let lane = LaneName(worker: "trade", tag: shard.tag)
    return [
      "shardCount": [Key.shardCount], "format": [Key.format], "rebuildLock": [Key.rebuildLock],
      "memory": [Key.memory], "epoch": [Key.epoch], "lastBackup": [Key.lastBackup],
      "forgotten": [Key.forgotten], "operatorLog": [Key.operatorLog],
      "commands": DecidingWorker.allCases.map { Key.commands($0, in: shard) },
      "journal": [Key.journal(of: shard)], "status": [Key.status(of: shard)],
      "timers": [Key.timers(of: shard)], "ended": Entity.allCases.map { Key.ended($0, in: shard) },
      "archive": [Key.archive(of: shard)],
      "archived": Entity.allCases.map { Key.archived($0, id: 7, in: shard) },
      "replies": [Key.replies(to: "x", in: shard)], "inlet": DecidingWorker.allCases.map(Key.inlet),
      "reservation": [Key.reservation(7, in: shard)], "trade": [Key.trade(7, in: shard)],
      "product": [Key.product(7, in: shard)], "stock": [Key.stock(7, in: shard)],
      "state": DecidingWorker.allCases.map { Key.state(7, of: $0, in: shard) },
      "operation": [Key.operation("h-1:x", in: shard)],
      "trace": Entity.allCases.map { Key.trace(of: $0, id: 7, in: shard) },
      "index": Entity.allCases.map { Key.index(of: $0, in: shard) },
      "notices": [Key.notices(of: shard), Key.notices(of: "김민지")],
      "mypageRows": [Key.mypageRows(of: 7, in: shard)], "seller": [Key.seller(of: 7, in: shard)],
      "directory": Entity.allCases.flatMap {
        [Key.directory($0, id: 7), Key.directory(archived: $0, id: 7)]
      },
      "counter": Entity.allCases.map(Key.counter), "counterServer": Entity.allCases.map(Key.counterServer),
      "request": [Key.request("k"), Key.request("k") + ":running"], "mypage": [Key.mypage(of: "\u{301}b")],
      "lease": [lane.lease], "cursor": [lane.cursor], "attempts": [lane.attempts], "halt": [lane.halt],
      "deadLetters": [lane.deadLetters], "replicas": [LaneName.replicas(of: "trade")],
    ]
  }()

  @Test func `every key that can be made is of a known kind`() throws {
    var makers: Set<String> = []
    for file in ["Keys/Key.swift", "Lanes/LaneName.swift"] {
      let text = try String(
        contentsOf: Executables.package.appending(path: "Sources/\(file)"), encoding: .utf8)
      makers.formUnion(text.matches(of: /\n +public (?:static )?(?:func|var|let) (\w+)/).map { String($0.1) })
    }
    // What is no key, and what reads one.
    makers.subtract(["shardLimit", "shard", "userid", "worker", "tag", "description"])
    #expect(makers == Set(Self.examples.keys))
    for (maker, keys) in Self.examples {
      for key in keys { #expect(Keyspace.Name(key).type != nil, "\(maker): \(key)") }
    }
  }

  @Test func `nothing that a system has ever stored is of an unknown kind or left out of its memory`() throws
  {
    let bench = try Bench.left()
    var kinds: Set<String> = []
    try bench.connection.scanPages { (keys) throws(RedisError) in
      for key in keys {
        let name = Keyspace.Name(key)
        #expect(name.type != nil, "\(key)")
        kinds.insert(name.kind)
      }
    }
    let use = try MemoryUse(bench.connection)
    // Those go by themselves.
    let passing: Set = ["lease", "replicas"]
    #expect(Set(use.kinds.map(\.kind)).subtracting(passing) == kinds.subtracting(passing))
    #expect(kinds.isSuperset(of: ["archive", "archived", "directory"]))
  }
}
