import Foundation
import Keys
import Lanes
import Redis
import Testbed
import Testing
import Workers

@testable import Operations

/// What the doctor finds, one cause at a time.
@Suite struct DoctorTests {
  private static func severities(_ findings: [Finding], of check: String) -> [Finding.Severity] {
    findings.filter { $0.check == check }.map(\.severity)
  }

  // MARK: Rights

  /// Makes a user with some rights, and returns a connection as this user.
  private static func user(
    with groups: [[String]], on redis: TestRedis, _ admin: RedisConnection
  ) throws -> RedisConnection {
    var rule = RESPWords("ACL", "SETUSER", "someone", "reset", "on", ">pass")
    for group in groups {
      let isWhole = group.contains { $0.contains("~") }
      for word in isWhole ? ["(\(group.joined(separator: " ")))"] : group { rule.add(word) }
    }
    try admin.call(rule)
    return try RedisConnection(redis.url(user: "someone", password: "pass"))
  }

  @Test(arguments: Doctor.Role.allCases.filter { $0 != .operator })
  func `a user with the shipped rights lacks nothing, and with any less something`(
    role: Doctor.Role
  ) async throws {
    try await TestRedis.with { redis in
      let admin = try redis.connect()
      let check = RightsCheck(role: role, user: "someone", isCluster: true)
      let groups = try #require(AccessRules.shipped.groups[role.rawValue]).map(\.words)
      func findings(_ groups: [[String]]) throws -> [Finding] {
        try check.findings(on: nil, Self.user(with: groups, on: redis, admin))
      }
      #expect(try findings(groups).map(\.severity) == [.ok])
      for (place, group) in groups.enumerated() {
        for (index, word) in group.enumerated() {
          var less = groups
          less[place].remove(at: index)
          if !less[place].contains(where: { $0.hasPrefix("+") }) { less.remove(at: place) }
          let found: [Finding]
          // Without the right to call scripts, nothing can be tried, which the doctor tells as it is.
          do { found = try findings(less) } catch let error as RedisError {
            #expect(error.code == .refused(kind: .noPermission))
            continue
          }
          #expect(found.contains { $0.severity == .problem }, "\(role) without \(word) in \(group)")
        }
      }
    }
  }

  @Test func `all missing rights are listed, with the rule that grants them`() async throws {
    try await TestRedis.with { redis in
      let admin = try redis.connect()
      let someone = try Self.user(
        with: [["+info", "+evalsha", "+script|load"], ["+get", "+set", "~handover:shards"]], on: redis, admin)
      let findings = try RightsCheck(role: .ingress, user: "someone", isCluster: false)
        .findings(on: nil, someone)
      let text = findings.map(\.text).joined(separator: "\n")
      for missing in [
        "someone may not: PING, TIME, MULTI, EXEC.", "HMGET on handover:format", "XREAD on {*}:replies:*",
        "ACL SETUSER someone '(+hmget %R~handover:format %R~handover:epoch)'",
      ] {
        #expect(text.contains(missing), "\(missing) is not in \(text)")
      }
      #expect(!text.contains("on handover:shards") && !text.contains("CLUSTER"))
    }
  }

  @Test func `an operator needs everything, on every key`() async throws {
    try await TestRedis.with { redis in
      let admin = try redis.connect()
      let check = RightsCheck(role: .operator, user: "someone", isCluster: true)
      let all = try Self.user(with: [["~*", "&*", "+@all"]], on: redis, admin)
      #expect(try check.findings(on: nil, all).map(\.severity) == [.ok])
      let some = try Self.user(
        with: [["+@all", "-config", "-xadd", "-cluster|setslot"], ["+@all", "~*"]], on: redis, admin)
      _ = try admin.call("ACL", "SETUSER", "someone", "clearselectors", "~*")
      let text = try check.findings(on: nil, some).map(\.text).joined()
      #expect(text.contains("CLUSTER SETSLOT, CONFIG GET; XADD on *."), "\(text)")
    }
  }

  // MARK: Clocks

  @Test(arguments: [
    ([0.2, -0.4], []), ([0, 3], [Finding.Severity.warning, .warning]),
    ([-40, -40], [.problem, .problem]), ([-20, 20], [.warning, .warning, .problem]),
  ])
  func `clocks that are apart are told`(seconds: [Double], expected: [Finding.Severity]) {
    let skews = seconds.enumerated().map { index, seconds in
      ClockCheck.Skew(node: RedisNode(host: "h\(index)", port: 1), seconds: seconds, error: 0.1)
    }
    let found = ClockCheck(skews: skews).findings.map(\.severity)
    #expect(found == (expected.isEmpty ? [.ok] : expected))
  }

  @Test func `a slow answer is no skew`() {
    let slow = ClockCheck.Skew(node: nil, seconds: 4, error: 4)
    #expect(ClockCheck(skews: [slow]).findings.map(\.severity) == [.ok])
  }

  // MARK: Processes and formats

  private static func register(_ roles: [String], build: Build?, on link: RedisConnection) throws {
    for role in roles {
      try Replica(name: "\(role)-a", build: build).join(role, for: Patience.limit, over: link)
    }
  }

  private static func fleet(on link: RedisConnection) throws -> [Finding] {
    try FleetCheck(FormatState(on: link), Fleet(on: link)).findings
  }

  @Test func `whoever lives is compared: kinds, releases, formats`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      let workers = WorkerKind.allCases.map(\.rawValue)
      #expect(Self.severities(try Self.fleet(on: link), of: "processes").filter { $0 == .problem }.count == 5)

      try Self.register(workers, build: .this, on: link)
      #expect(Self.severities(try Self.fleet(on: link), of: "processes") == [.warning])
      try link.call("HSET", Key.format, "writes", "\(DataFormat.current)", "by", Release.version)
      try Self.register([Fleet.ingress], build: .this, on: link)
      #expect(try Self.fleet(on: link).allSatisfy { $0.severity == .ok })

      try FormatState.hold(true, on: link)
      #expect(Self.severities(try Self.fleet(on: link), of: "format") == [.warning])
      try FormatState.hold(false, on: link)

      try Replica(name: "old", build: Build(reads: 1, release: "1.4.0")).join(
        "trade", for: Patience.limit, over: link)
      let mixed = try Self.fleet(on: link)
      #expect(Self.severities(mixed, of: "releases") == [.warning])
      #expect(mixed.contains { $0.severity == .problem && $0.what.contains("old of the trade reads up to") })
    }
  }

  // MARK: Servers

  @Test func `servers tell of memory and settings that are not as they have to be`() async throws {
    let options = ["--maxmemory", "100mb", "--appendonly", "yes", "--appendfsync", "everysec"]
    try await TestRedis.with(options + ["--min-replicas-to-write", "2"]) { redis in
      let link = try redis.connect()
      func look() throws -> [Finding] {
        ServerCheck(try RedisServer(nil, link, readsConfiguration: true), isCluster: false).findings
      }
      let found = try look()
      #expect(Self.severities(found, of: "persistence") == [.warning])
      #expect(Self.severities(found, of: "memory") == [.ok])
      #expect(found.contains { $0.severity == .problem && $0.what.contains("it wants 2 replicas") })

      let used = try link.call("INFO", "memory").fact("used_memory").flatMap { Int($0) } ?? 0
      try link.call("CONFIG", "SET", "maxmemory", "\(used * 10 / 9)")
      #expect(Self.severities(try look(), of: "memory") != [.ok])
      try link.call("CONFIG", "SET", "maxmemory", "0")
      #expect(Self.severities(try look(), of: "memory") == [.warning])
    }
  }

  // MARK: Backups

  @Test func `a backup is missed if there is none, and if it is old or was never tried`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      func look() throws -> [Finding] { try BackupCheck(on: link).findings }
      let (now, old) = (Date().ISO8601Format(), Date(timeIntervalSinceNow: -37 * 3600).ISO8601Format())
      #expect(try look().map(\.what) == ["No backup is known."])
      try link.call("HSET", Key.lastBackup, "at", now, "to", "/backup/1")
      #expect(try look().map(\.what) == ["No backup was ever tried."])
      try link.call("HSET", Key.lastBackup, "checkedAt", now)
      #expect(try look().map(\.severity) == [.ok])
      try link.call("HSET", Key.lastBackup, "checkedAt", old)
      #expect(try look().map(\.severity) == [.warning])
      try link.call("HSET", Key.lastBackup, "at", old)
      #expect(try look().map(\.severity) == [.warning, .warning])
      try link.call("HSET", Key.lastBackup, "at", "yesterday", "checkedAt", "2027-01-01T00:00:00.000Z")
      #expect(try look().map(\.severity) == [.warning])
    }
  }

  // MARK: Keys

  @Test func `keys in the way of workers are found although nobody lives`() async throws {
    try await TestRedis.with { redis in
      let link = try redis.connect()
      try link.call("SET", Key.shardCount, "2")
      try link.call("LPUSH", "{1}:reserves", "x")
      let findings = Doctor(redis.url).examine()
      let found = findings.filter { $0.check == "keys" }
      #expect(found.map(\.what) == ["{1}:reserves is a list, but must be a zset."])
      #expect(found.map(\.severity) == [.problem])
    }
  }
}
