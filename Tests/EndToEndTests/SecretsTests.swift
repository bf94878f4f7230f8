import Foundation
import Processes
import Redis
import Testbed
import Testing

/// Encrypted connections and secrets in files, as executables read them from their settings.
@Suite struct SecretsTests {
  /// A Redis that takes only encrypted connections of clients with a certificate, and that a user signs in at.
  private struct Bench {
    let tls: TestTLS
    let redis: TestRedis
    let password: URL
    let environment: [String: String]

    init() throws {
      tls = try TestTLS(for: ["DNS:redis.internal"])
      let port = try FreePort.find()
      redis = try TestRedis(tls.options(port: port, asksClients: true))
      password = tls.folder.appending(path: "password")
      let client = try tls.authority.issue("client")
      let url = tls.folder.appending(path: "url")
      try "rediss://127.0.0.1:\(port)\n".write(to: url, atomically: true, encoding: .utf8)
      environment = tls.environment.merging([
        "HANDOVER_REDIS_URL": "", "HANDOVER_REDIS_URL_FILE": url.path, "HANDOVER_REDIS_USER": "service",
        "HANDOVER_REDIS_PASSWORD_FILE": password.path,
        "HANDOVER_REDIS_CERT_FILE": client.certificate.path, "HANDOVER_REDIS_KEY_FILE": client.key.path,
        "HANDOVER_REDIS_SERVER_NAME": "redis.internal",
      ]) { $1 }
      try change(to: "password-0")
    }

    /// Gives the user another password, and ends the connections that it has.
    func change(to new: String) throws {
      let connection = try redis.connect()
      try connection.call("ACL", "SETUSER", "service", "on", "resetpass", ">\(new)", "~*", "&*", "+@all")
      try "\(new)\n".write(to: password, atomically: true, encoding: .utf8)
      var kill = Commands()
      kill.add("CLIENT", "KILL", "USER", "service")
      _ = try connection.exchange(kill)
    }
  }

  @Test func `deals go on while the password changes, on encrypted connections`() async throws {
    let bench = try await onThread { try Bench() }
    let system = try await TestSystem(on: .single(bench.redis), environment: bench.environment)
    #expect(try await system.http.list(1, product: 100).status == 201)
    for turn in 1...3 {
      #expect(try await system.http.register(turn, product: 100 + turn).status == 201)
      try await onThread { try bench.change(to: "password-\(turn)") }
      // The same key each time, so that a call whose answer was lost is not a second one.
      var path = ""
      try await eventually("a reservation is made") {
        let answer = try await system.http.post(
          "/reserves",
          """
          {"productid":\(100 + turn),"userid":"김민지","productname":"책","qty":1,"reserveDt":"2024-04-04",\
          "address":"서울","price":1}
          """, headers: ["Idempotency-Key": "turn-\(turn)"])
        path = "/reserves/\(try answer.json["id"].integer ?? 0)"
        return answer.status == 201
      }
      try await system.waitFor(path, "예약대기")
    }
    let users = try await onThread {
      try bench.redis.connect().call("CLIENT", "LIST").string?.split(separator: "\n").map(String.init) ?? []
    }
    #expect(users.filter { $0.contains("user=service") }.count >= 6)
    for executable in TestSystem.workers.map({ "\($0)-worker" }) + ["ingress"] {
      #expect(!system.log(executable).contains("password-"), "\(executable) logs a password")
    }
    // The tool reads the same settings.
    try await eventually("all is well") {
      try await onThread { try Self.run("handover", ["status"], bench.environment) }.status == 0
    }
  }

  @Test(
    arguments: [
      (
        ["HANDOVER_REDIS_URL": "redis://a:b@h", "HANDOVER_REDIS_PASSWORD": "hush"], "take them out of the URL"
      ),
      (["HANDOVER_REDIS_URL": "redis://a@h", "HANDOVER_REDIS_USER": "b"], "take them out of the URL"),
      (["HANDOVER_REDIS_URL": "redis://h", "HANDOVER_REDIS_URL_FILE": "/tmp/x"], "keep one of them"),
      (
        ["HANDOVER_REDIS_PASSWORD": "hush", "HANDOVER_REDIS_PASSWORD_FILE": "/tmp/x"], "keep one of them"
      ),
      (["HANDOVER_REDIS_USER": "anna"], "HANDOVER_REDIS_USER needs a password"),
      (["HANDOVER_REDIS_PASSWORD_FILE": "/no/such/file"], "/no/such/file, the password"),
      (["HANDOVER_REDIS_URL_FILE": "/no/such/file"], "/no/such/file, the URL"),
      (["HANDOVER_REDIS_CA_FILE": "/tmp/x"], "is not encrypted: write rediss://"),
      (["HANDOVER_REDIS_SERVER_NAME": "h"], "is not encrypted: write rediss://"),
      (
        ["HANDOVER_REDIS_URL": "rediss://h", "HANDOVER_REDIS_CERT_FILE": "/tmp/x"],
        "HANDOVER_REDIS_CERT_FILE and HANDOVER_REDIS_KEY_FILE"
      ),
      (["HANDOVER_REDIS_URL": "rediss://h", "HANDOVER_REDIS_CA_FILE": "/no/such/file"], "/no/such/file"),
    ] as [([String: String], String)])
  func `settings that contradict each other are refused`(settings: [String: String], reason: String)
    async throws
  {
    let (status, text) = try await onThread { try Self.run("handover", ["status"], settings) }
    #expect(status != 0)
    #expect(text.contains(reason), "\(text)")
    #expect(!text.contains("hush"))
  }

  @Test(
    arguments: [
      (["HANDOVER_CODE_SECRET": "hush"], "HANDOVER_CODE_SECRET has a secret of 4 bytes"),
      (["HANDOVER_CODE_SECRET_FILE": "/no/such/file"], "/no/such/file, the secret of codes"),
      (["HANDOVER_CODE_SECRET": "hush", "HANDOVER_CODE_SECRET_FILE": "/tmp/x"], "keep one of them"),
      (["HANDOVER_TIME_ZONE": "Mars/Olympus"], "HANDOVER_TIME_ZONE is “Mars/Olympus”"),
      (
        ["HANDOVER_EXPIRY_HOURS": "soon"],
        "HANDOVER_EXPIRY_HOURS is “soon”: it must be a number from 0 to 87600"
      ),
      (["HANDOVER_WAITING_DAYS": "-1"], "HANDOVER_WAITING_DAYS is “-1”"),
      (["HANDOVER_RECEIPT_DAYS": "nan"], "HANDOVER_RECEIPT_DAYS is “nan”"),
      (["HANDOVER_LISTING_REMINDER_DAYS": "3651"], "HANDOVER_LISTING_REMINDER_DAYS is “3651”"),
      (["HANDOVER_REMINDER_HOURS": "24,,1"], "HANDOVER_REMINDER_HOURS is “”"),
      (["HANDOVER_REMINDER_HOURS": "1,2,3,4,5,6,7,8,9"], "HANDOVER_REMINDER_HOURS has 9 times"),
      (["HANDOVER_PRICE": "mine"], "HANDOVER_PRICE is “mine”: it must be free or listing"),
      (
        ["HANDOVER_ONE_RESERVATION_EACH": "yes"],
        "HANDOVER_ONE_RESERVATION_EACH is “yes”: it must be off or on"
      ),
      (["HANDOVER_OWN_LISTING": "no"], "HANDOVER_OWN_LISTING is “no”: it must be allowed or refused"),
    ] as [([String: String], String)])
  func `a trade worker does not start with settings that make no sense`(
    settings: [String: String], reason: String
  ) async throws {
    let (status, text) = try await onThread { try Self.run("trade-worker", [], settings) }
    #expect(status != 0)
    #expect(text.contains(reason), "\(text)")
    #expect(!text.contains("hush"))
  }

  @Test func `a user in a URL by hand takes precedence over the environment`() async throws {
    try await onThread {
      let port = try FreePort.find()
      let redis = try TestRedis(["--port", "\(port)"])
      let admin = try redis.connect()
      try admin.call("ACL", "SETUSER", "by-hand", "on", ">secret", "~*", "+@all")
      try admin.call("SET", "handover:shards", "8")
      let url = "redis://by-hand:secret@127.0.0.1:\(port)"
      let settings = ["HANDOVER_REDIS_USER": "service", "HANDOVER_REDIS_PASSWORD": "other"]
      let tool = try Self.run("handover", ["status", "--redis-url", url], settings)
      #expect(tool.text.contains("shard"), "\(tool.text)")
      #expect(!tool.text.contains("WRONGPASS"), "\(tool.text)")
      let service = try Self.run(
        "handover", ["status", "--redis-url", "redis://127.0.0.1:\(port)"], settings)
      #expect(service.status != 0 && service.text.contains("WRONGPASS"), "\(service.text)")
    }
  }

  /// Runs an executable until it ends. Returns its exit status, and what it printed.
  private static func run(
    _ executable: String, _ arguments: [String], _ environment: [String: String]
  ) throws -> (status: Int32, text: String) {
    let log = FileManager.default.temporaryDirectory.appending(
      path: "secrets-\(UInt32.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: log) }
    let tool = try RunningProcess(
      Executables.path(executable), arguments, environment: environment, log: log)
    tool.wait()
    return (tool.exitStatus ?? -1, try String(contentsOf: log, encoding: .utf8))
  }
}
