import Foundation
import Keys
import Lanes
import Market
import Processes
import Redis
import Testbed
import Testing

/// How the operator's commands and the logs handle corrupted and malicious records.
@Suite struct HostileRecordTests {
  /// Runs an operator's command until it exits.
  private func run(_ redis: TestRedis, _ arguments: String...) throws -> (status: Int32?, output: String) {
    let log = redis.folder.appending(path: "operator-\(UInt32.random(in: 0...UInt32.max))")
    let process = try RunningProcess(
      Executables.path("handover"), arguments,
      environment: ["HANDOVER_REDIS_URL": redis.url.description], log: log)
    process.wait()
    return (process.exitStatus, try String(contentsOf: log, encoding: .utf8))
  }

  @Test(arguments: ["0", "-1", "1000000000000", "many", ""])
  func `every command reports an invalid stored shard count`(stored: String) throws {
    let redis = try TestRedis()
    try redis.connect().call("SET", Key.shardCount, stored)
    for command in [["status"], ["tail"], ["audit"], ["timeline", "reserve", "1"], ["deadletters", "list"]] {
      let log = redis.folder.appending(path: "log")
      let process = try RunningProcess(
        Executables.path("handover"), command, environment: ["HANDOVER_REDIS_URL": redis.url.description],
        log: log)
      process.wait()
      #expect(process.exitStatus == 1, "\(command)")
      #expect(try String(contentsOf: log, encoding: .utf8).contains("is not a number from"), "\(command)")
    }
    let worker = try RunningProcess(
      Executables.path("stock-worker"), [], environment: ["HANDOVER_REDIS_URL": redis.url.description])
    worker.wait()
    #expect(worker.exitStatus == 1)
  }

  /// Its position is next to the largest possible number, and its texts contain terminal control sequences.
  @Test func `an event with an extremely high id crashes no worker, and is shown escaped`() async throws {
    let system = try await TestSystem()
    let redis = try system.redis.connect()
    let shard = Shard.of(productid: 5, among: 8)
    try redis.call(
      "XADD", Key.journal(of: shard), "18446744073709551614-0", "type", "ReserveCompleted", "id", "7",
      "productid", "5", "userid", "a\u{9B}31mRED", "productname", "n\u{9D}0;title\u{9C}", "qty", "1",
      "reserveDt", "2024-04-04", "address", "\u{202E}서울", "price", "1", "status", "예약완료", "commandid",
      "\u{301}mine")
    try redis.call("SET", Key.directory(.reserve, id: 7), "5")
    try await eventually("my page shows it") {
      try redis.call("ZCARD", Key.mypage(of: "a\u{9B}31mRED")).integer == 1
    }
    let audit = try run(system.redis, "audit", "--wait", "60")
    #expect(audit.status == 1 && audit.output.contains("state"), "\(audit.output)")
    let timeline = try run(system.redis, "timeline", "reserve", "7")
    #expect(timeline.status == 0 && timeline.output.contains("\\u{9b}31mRED"), "\(timeline.output)")
    for output in [audit.output, timeline.output, try run(system.redis, "audit", "--json").output] {
      #expect(!output.unicodeScalars.contains { $0.steers && $0 != "\n" }, "\(output)")
    }
    // The processes are still running.
    for worker in TestSystem.workers {
      let ended = system.processes("\(worker)-worker").filter(\.hasEnded)
      #expect(ended.isEmpty, "\(worker)")
    }
  }

  @Test func `audit, status and timeline report keys of the wrong type`() async throws {
    let system = try await TestSystem()
    #expect(try await system.http.list(1, product: 100).status == 201)
    _ = system.stop("stock-worker")
    let redis = try system.redis.connect()
    let shard = Shard.of(productid: 100, among: 8)
    let broken = [
      Key.reservation(9, in: shard), Key.product(100, in: shard), Key.index(of: .trade, in: shard),
      Key.mypage(of: "nobody"), Key.notices(of: "nobody"), Key.status(of: shard),
      Key.commands(.stock, in: shard), "\(shard.tag):deadletters",
    ]
    for key in broken {
      try redis.call("DEL", key)
      try redis.call("SADD", key, "x")
    }
    let audit = try run(system.redis, "audit")
    #expect(audit.status == 1)
    for key in broken {
      #expect(audit.output.contains("\(key): It is a set, where only a"), "\(key)\n\(audit.output)")
    }
    let status = try run(system.redis, "status")
    #expect(status.status == 2)
    #expect(
      status.output.contains(
        "stock\(shard.tag) cannot work with \(Key.commands(.stock, in: shard)): WRONGTYPE"))
    let timeline = try run(system.redis, "timeline", "product", "100")
    #expect(timeline.status == 1 && timeline.output.contains("\(Key.commands(.stock, in: shard)): WRONGTYPE"))
  }

  /// New events are in the file at once, including those that are on the journal when the command is ended.
  @Test func `handover tail shows every event, even when it is interrupted`() async throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    try connection.call("SET", Key.shardCount, "2")
    let log = redis.folder.appending(path: "tail")
    let tail = try RunningProcess(
      Executables.path("handover"), ["tail"], environment: ["HANDOVER_REDIS_URL": redis.url.description],
      log: log)
    defer { tail.kill() }
    try await eventually("it waits") {
      try connection.call("INFO", "clients").string?.contains("blocked_clients:1") == true
    }
    func say(_ id: Int) throws {
      try connection.call(
        "XADD", "{1}:events", "*", "type", "TradeStarted", "reserveid", "\(id)", "seller", "a\u{1B}[2Jb")
    }
    func lines() throws -> [Substring] { try String(contentsOf: log, encoding: .utf8).split(separator: "\n") }
    try say(1)
    try await eventually("it is shown while tail runs") { try lines().count == 1 }
    #expect(!tail.hasEnded)
    for id in 2...3000 { try say(id) }
    try #require(tail.terminate(by: SIGINT) != nil)
    #expect(tail.exitStatus == 0)
    #expect(try lines().count == 3000)
    #expect(try lines().allSatisfy { $0.hasSuffix("seller=a\\u{1b}[2Jb") })
  }

  @Test func `handover tail ends when nobody reads its output any more`() async throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    try connection.call("SET", Key.shardCount, "1")
    let shell = try RunningProcess(
      "bash", ["-c", "'\(Executables.path("handover"))' tail | head -1"],
      environment: ["HANDOVER_REDIS_URL": redis.url.description], log: redis.folder.appending(path: "log"))
    defer { shell.kill() }
    try await eventually("it ends") {
      try connection.call("XADD", "{0}:events", "*", "type", "TradeStarted")
      return shell.hasEnded
    }
  }

  /// Nobody can forge a log line, or send control sequences to the reader's terminal.
  @Test func `input cannot forge a log line`() async throws {
    let system = try await TestSystem()
    let redis = try system.redis.connect()
    try redis.call(
      "XADD", "stock.commands", "*", "type", "RegisterStock", "qty", "many", "commandid",
      "a\u{1B}[31mRED\n2026-01-01T00:00:00+0000 critical stock: FAKE\u{9B}")
    try await eventually("it is put aside") { system.log("stock-worker").contains("put an entry aside") }
    let lines = system.log("stock-worker").split(separator: "\n")
    #expect(!lines.contains { $0.hasPrefix("2026-01-01T00:00:00+0000 critical") })
    #expect(!system.log("stock-worker").unicodeScalars.contains { $0.steers && $0 != "\n" })
  }

  @Test func `a port that is in use is named with its setting`() async throws {
    let system = try await TestSystem()
    let port = String(system.http.base.split(separator: ":").last ?? "")
    for (executable, setting) in [("ingress", "HANDOVER_PORT"), ("stock-worker", "HANDOVER_HEALTH_PORT")] {
      let log = system.redis.folder.appending(path: "taken-\(executable)")
      let process = try RunningProcess(
        Executables.path(executable), [],
        environment: ["HANDOVER_REDIS_URL": system.redis.url.description, setting: port], log: log)
      defer { process.kill() }
      try await eventually("it ends") { process.hasEnded }
      let text = try String(contentsOf: log, encoding: .utf8)
      #expect(text.contains("Port \(port) is in use by another process") && text.contains(setting), "\(text)")
    }
  }

  /// A long path cannot hold a socket; then the socket is in a folder that only this user can write to.
  @Test func `a socket outside the data folder is in a private folder`() async throws {
    let folder = URL(fileURLWithPath: "/tmp/handover-long-\(UInt32.random(in: 0...UInt32.max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = folder.appending(path: String(repeating: "길", count: 40))
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    let port = try FreePort.find()
    let log = folder.appending(path: "log")
    let dev = try RunningProcess(
      Executables.path("handover"), ["dev"],
      environment: ["HANDOVER_DATA": data.path, "HANDOVER_PORT": "\(port)"], log: log)
    defer { dev.kill() }
    try await eventually("it answers") { try await HTTP(port: port).call(.GET, "/liveness").status == 200 }
    try #require(dev.terminate() != nil)
    let socket = try String(contentsOf: log, encoding: .utf8).firstMatch(of: /redis=unix:\/\/(\S+)/)?.1
    let place = try #require(socket.map { URL(fileURLWithPath: String($0)).deletingLastPathComponent().path })
    #expect(place == "/tmp/handover-\(getuid())")
    var facts = stat()
    #expect(lstat(place, &facts) == 0 && facts.st_mode & 0o777 == 0o700 && facts.st_uid == getuid())
  }
}
