import Foundation
import Processes
import Redis
import Testbed
import Testing

/// The format of the data, as real processes raise it and keep to it.
@Suite struct FormatTests {
  /// What a release of another day wrote.
  private static func makeNewer(_ redis: TestRedis) throws {
    try redis.connect().call("HSET", "handover:format", "writes", "99", "by", "9.9.0")
  }

  /// Registers a replica that tells no release, for a few seconds: an older one.
  private static func registerOlder(_ worker: String, on redis: any RedisLink) throws {
    let end = Int(Date.now.timeIntervalSince1970 * 1000) + 3000
    try redis.call("ZADD", "replicas:{\(worker)}", "\(end)", "\(worker)-old")
  }

  @Test func `the format is raised by itself once all workers live`() async throws {
    let system = try await TestSystem()
    let redis = try system.redis.connect()
    try await eventually("it is raised") {
      try redis.call("HGET", "handover:format", "writes").string == "2"
    }
    var shown = JSON.null
    try await eventually("all replicas are registered") {
      let (status, text) = try await onThread { try system.operate("format", "--json") }
      shown = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
      return status == 0 && shown["replicas"].elements.count == TestSystem.workers.count + 1
    }
    #expect(shown["writes"].integer == 2 && shown["reads"].integer == 2 && shown["waitsFor"] == .null)
    #expect(shown["by"].text == shown["release"].text)
    #expect(shown["replicas"].elements.allSatisfy { $0["release"].text == shown["release"].text })
    try Self.registerOlder("stock", on: redis)
    let status = try await onThread { try system.operate("status") }.output
    #expect(
      status.contains("RELEASES ARE MIXED") && status.contains("before 1.5, reads format 1: 1 stock"),
      "\(status)")
  }

  @Test func `the format of data of an older release is raised once no replica of it lives`() async throws {
    let servers = TestServers.single(try TestRedis())
    let redis = try servers.connect()
    try redis.call("SET", "handover:shards", "2")
    let system = try await TestSystem(on: servers)
    try await eventually("only the old replica is in the way") {
      try Self.registerOlder("mypage", on: redis)
      return try await onThread { try system.operate("format") }.output
        .contains("format 2 waits: mypage-old of the mypage")
    }
    #expect(try redis.call("HGET", "handover:format", "writes").isNull)
    try await eventually("it is raised, as the old one has died") {
      try redis.call("HGET", "handover:format", "writes").string == "2"
    }
  }

  @Test func `a held format is raised by whoever asks for it`() async throws {
    let servers = TestServers.single(try TestRedis())
    let redis = try servers.connect()
    try redis.call("HSET", "handover:format", "hold", "1")
    let system = try await TestSystem(on: servers)
    try await eventually("only the hold is in the way") {
      try await onThread { try system.operate("format") }.output.contains("it is held")
    }
    #expect(try redis.call("HGET", "handover:format", "writes").isNull)
    #expect(try await onThread { try system.operate("format", "raise") }.status == 0)
    #expect(try redis.call("HGET", "handover:format", "writes").string == "2")
    let refused = try await onThread { try system.operate("format", "raise") }
    #expect(refused.status == 1 && refused.output.contains("knows no later one"))
    #expect(try await onThread { try system.operate("format", "auto") }.status == 0)
    #expect(try redis.call("HEXISTS", "handover:format", "hold").integer == 0)
    let log = try await onThread { try system.operate("audit-log") }.output
    #expect(log.contains("raise to 2") && log.contains("format 2 is written"))
    #expect(log.contains("auto") && log.contains("rises by itself"))
  }

  @Test(arguments: ["reservation-worker", "mypage-worker", "ingress"])
  func `a release does not start under data that is newer than it reads`(executable: String) async throws {
    let redis = try TestRedis()
    try Self.makeNewer(redis)
    let log = redis.folder.appending(path: "\(executable).log")
    let process = try RunningProcess(
      Executables.path(executable), [],
      environment: [
        "HANDOVER_REDIS_URL": redis.url.description, "HANDOVER_PORT": "\(try FreePort.find())",
      ], log: log)
    try await eventually("it ends") { process.hasEnded }
    #expect(process.exitStatus != 0)
    #expect(try String(contentsOf: log, encoding: .utf8).contains("start release 9.9.0 or a later one"))
  }

  @Test func `a running release ends when the data gets newer than it reads`() async throws {
    let system = try await TestSystem()
    try Self.makeNewer(system.redis)
    for executable in TestSystem.workers.map({ "\($0)-worker" }) + ["ingress"] {
      try await eventually("\(executable) ends") { system.processes(executable).allSatisfy(\.hasEnded) }
      #expect(system.log(executable).contains("start release 9.9.0 or a later one"), "\(executable)")
    }
  }
}
