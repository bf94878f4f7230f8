import Foundation
import Processes
import Redis
import Testbed
import Testing

/// `handover doctor` as an operator runs it.
@Suite struct DoctorTests {
  /// As `compose/redis/redis.conf` sets it up.
  private static let good = [
    "--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "256mb", "--proto-max-bulk-len", "32mb",
  ]

  /// Runs the doctor. Returns its exit status, what it printed, and its findings.
  private static func examine(
    _ url: String, _ arguments: String..., environment: [String: String] = [:]
  ) async throws -> (status: Int32?, text: String, problems: [String]) {
    try await onThread {
      let log = FileManager.default.temporaryDirectory.appending(path: "doctor-\(UUID())")
      defer { try? FileManager.default.removeItem(at: log) }
      let process = try RunningProcess(
        Executables.path("handover"), ["doctor", "--json", "--redis-url", url] + arguments,
        environment: environment, log: log)
      process.wait()
      let text = try String(contentsOf: log, encoding: .utf8)
      let findings = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))["findings"].elements
      let problems = findings.filter { $0["severity"].text == "problem" }.compactMap { $0["what"].text }
      return (process.exitStatus, text, problems)
    }
  }

  @Test func `a system that is well has no problems, and with a backup no warnings`() async throws {
    let system = try await TestSystem(redisOptions: Self.good)
    let redis = try system.redis.connect()
    let url = system.redis.url.description
    try await eventually("all processes are registered, and the format is raised") {
      try await Self.examine(url).text.contains("All processes are of one release: 6 of ")
    }
    let first = try await Self.examine(url)
    #expect(first.status == 0 && first.problems == [], "\(first.text)")
    let now = Date().ISO8601Format()
    try redis.call("HSET", "handover:backup", "at", now, "to", "/backup", "checkedAt", now)
    let second = try await onThread { try system.operate("doctor") }
    #expect(second.status == 0 && second.output.contains("\n0 problems, 0 warnings\n"), "\(second.output)")

    // What is wrong later is told, all of it.
    system.kill("mypage-worker")
    try redis.call("XADD", "trade.commands", "*", "type", "Nonsense")
    try redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try await eventually("the killed worker is missed") {
      let found = try await Self.examine(url)
      return found.status == 2 && found.problems.contains("No mypage worker lives.")
        && found.problems.contains { $0.contains("may evict keys") }
        && found.text.contains("Dead letters wait")
    }
  }

  @Test(arguments: [
    (["--maxmemory-policy", "allkeys-lru"], ["may evict keys (maxmemory-policy allkeys-lru)"]),
    (["--appendonly", "no"], ["keeps no append-only file"]),
    (
      ["--replicaof", "127.0.0.1", "1", "--appendonly", "no", "--maxmemory-policy", "volatile-lru"],
      ["read-only replica of 127.0.0.1", "may evict keys", "keeps no append-only file"]
    ),
  ])
  func `an unsuitable Redis is told, with everything that is wrong about it`(
    options: [String], expected: [String]
  ) async throws {
    let redis = try TestRedis(Self.good + options)
    let found = try await Self.examine(redis.url.description)
    #expect(found.status == 2)
    for what in expected { #expect(found.problems.contains { $0.contains(what) }, "\(what): \(found.text)") }
  }

  @Test func `whoever may not enough is told of every missing right`() async throws {
    let redis = try TestRedis(Self.good + ["--port", "0"])
    let admin = try redis.connect()
    try admin.call("SET", "handover:shards", "2")
    try admin.call("ACL", "SETUSER", "default", ">secret", "+@all", "-config", "-xadd", "-del")
    let environment = ["HANDOVER_REDIS_PASSWORD": "secret"]
    let found = try await Self.examine(redis.url.description, environment: environment)
    #expect(found.status == 2)
    for right in ["DEL", "XADD", "CONFIG GET"] {
      #expect(
        found.problems.contains { $0.hasPrefix("default may not: ") && $0.contains(right) }, "\(found.text)")
    }
    let worker = try await Self.examine(redis.url.description, "--as", "mypage", environment: environment)
    #expect(worker.problems.contains("default may not: DEL on id:{*}."), "\(worker.text)")
    #expect(worker.problems.contains("default may not: XADD on {*}:deadletters."), "\(worker.text)")
  }

  @Test func `a wrong password, an empty port, a wrong name and a wrong URL are told`() async throws {
    let redis = try TestRedis()
    try redis.connect().call("CONFIG", "SET", "requirepass", "secret")
    let wrong = try await Self.examine(
      redis.url.description, environment: ["HANDOVER_REDIS_PASSWORD": "other"])
    #expect(wrong.status == 2 && wrong.problems.contains { $0.hasPrefix("WRONGPASS") }, "\(wrong.text)")
    let none = try await Self.examine(redis.url.description)
    #expect(none.status == 2 && none.problems.contains { $0.hasPrefix("NOAUTH") }, "\(none.text)")

    let port = try FreePort.find()
    let nobody = try await Self.examine("redis://127.0.0.1:\(port)")
    #expect(nobody.status == 2 && nobody.problems.contains { $0.contains("Connection refused") })
    let name = try await Self.examine("redis://redis.invalid:6379")
    #expect(name.status == 2 && name.problems.contains { $0.contains("redis.invalid cannot be resolved") })
    #expect(name.text.contains("Nothing is encrypted on the way to Redis"))
    let scheme = try await Self.examine("http://127.0.0.1")
    #expect(scheme.status == 2 && scheme.problems.contains { $0.contains("unknown scheme") })
  }

  @Test func `of a cluster, a master that is away hides nothing of the others`() async throws {
    let cluster = try TestCluster(replicas: false)
    let url = try cluster.url.description
    let whole = try await Self.examine(url)
    #expect(whole.text.contains("3 masters have all 16384 slots"), "\(whole.text)")
    let (lost, other) = (try cluster.master(0), try cluster.master(1))
    try cluster.kill(lost)
    let found = try await Self.examine(url)
    #expect(found.status == 2)
    #expect(found.problems.contains { $0.contains(":\(lost.port)") }, "\(found.text)")
    #expect(found.text.contains(":\(other.port): Redis "), "\(found.text)")
  }
}
