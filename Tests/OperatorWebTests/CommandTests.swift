import Foundation
import Keys
import Operations
import Processes
import Redis
import Testbed
import Testing

/// `handover web` and `handover audit-log` as processes.
@Suite struct CommandTests {
  private static func run(
    _ arguments: [String], on redis: TestRedis, input: String? = nil
  ) throws -> (status: Int32?, output: String) {
    let log = redis.folder.appending(path: "command-\(UInt32.random(in: 0...UInt32.max))")
    let shell = input.map {
      ["-c", "printf '%s\\n' '\($0)' | exec \"$0\" \"$@\"", Executables.path("handover")]
    }
    let process = try RunningProcess(
      shell == nil ? Executables.path("handover") : "/bin/sh", (shell ?? []) + arguments,
      environment: ["HANDOVER_REDIS_URL": redis.url.description], log: log)
    process.wait()
    return (process.exitStatus, try String(contentsOf: log, encoding: .utf8))
  }

  @Test func `what commands change is in the operators' log`() async throws {
    let lines = try await TestRedis.with { redis in
      let connection = try redis.connect()
      try connection.call("SET", Key.shardCount, "1")
      let id = try connection.call(
        "XADD", "{trade.commands}:deadletters", "*", "worker", "trade", "stream", "trade.commands", "entry",
        "1-0",
        "reason", "unknownId", "wrong", "id", "message", "No.", "field:type", "Handover", "field:id", "7"
      ).string
      let letter = "trade.commands/\(id ?? "")"
      #expect(try Self.run(["deadletters", "replay", letter, "--set", "id=8"], on: redis).status == 1)
      #expect(try Self.run(["deadletters", "drop", letter], on: redis).status == 0)
      #expect(try Self.run(["audit-log"], on: redis).output.contains("id: 7 → 8"))
      let printed = try Self.run(["audit-log", "--json", "--limit", "3"], on: redis).output
      return printed.split(separator: "\n").map(String.init)
    }
    let entries = try lines.map { try JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }
    #expect(entries.map { $0["action"].text } == ["drop", "drop", "replay"])
    #expect(entries.map { $0["result"].text } == ["1 dropped", "", "0 sent, 1 refused"])
    #expect(entries.allSatisfy { $0["way"].text == "cli" && $0["operator"].text == NSUserName() })
  }

  @Test func `the log keeps about as many entries as it says, each of a bounded size`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let log = OperatorLog(connection, as: .init("kim", by: "web"))
      for _ in 0..<(OperatorLog.kept + 500) { try log.write(.show, "") }
      try log.write(.drop, String(repeating: "x", count: 10_000))
      #expect(try connection.call("XLEN", Key.operatorLog).integer ?? 0 <= OperatorLog.kept + 200)
      #expect(try OperatorLog.last(1, on: connection).first?.subject.count ?? 0 < 2100)
    }
  }

  @Test func `another host than loopback needs a file of operators`() async throws {
    try await TestRedis.with { redis in
      let refused = try Self.run(["web", "--host", "0.0.0.0"], on: redis)
      #expect(refused.status == 64 && refused.output.contains("--auth-file"))
      let missing = try Self.run(["web", "--auth-file", "/nowhere"], on: redis)
      #expect(missing.status == 1 && missing.output.contains("/nowhere cannot be read"))
      #expect(try Self.run(["web", "--hash", "kim"], on: redis, input: "short").status == 1)
      let line = try Self.run(["web", "--hash", "kim"], on: redis, input: "correct horse battery")
      #expect(line.status == 0 && line.output.hasPrefix("kim:$pbkdf2-sha512$"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `it ends when it is told to, although somebody listens to the tail`(signal: Int32) async throws {
    let redis = try TestRedis()
    try redis.connect().call("SET", Key.shardCount, "1")
    let port = try FreePort.find()
    let process = try RunningProcess(
      Executables.path("handover"), ["web", "--port", "\(port)"],
      environment: ["HANDOVER_REDIS_URL": redis.url.description], log: redis.folder.appending(path: "web.log")
    )
    defer { process.kill() }
    let http = HTTP(port: port)
    try await eventually("it serves") { try await http.call(.GET, "/status.json").status == 200 }
    async let tail = http.call(.GET, "/tail")
    try await Task.sleep(for: .milliseconds(300))
    let took = try await onThread { process.terminate(by: signal) }
    #expect(took != nil && process.exitStatus == 0)
    #expect(try await tail.text.contains("event: live"))
  }
}
