import Foundation
import Keys
import Lanes
import NIOHTTP1
import Processes
import Testbed
import Testing

/// Health, settings, metrics and commands for operators.
@Suite struct OperationTests {
  @Test func `a worker serves health checks and metrics`() async throws {
    let redis = try TestRedis()
    let port = try FreePort.find()
    let worker = try RunningProcess(
      Executables.path("trade-worker"), ["--health-port", "\(port)"],
      environment: ["HANDOVER_REDIS_URL": redis.url.description], log: redis.folder.appending(path: "log"))
    defer { worker.kill() }
    let http = HTTP(port: port)
    func status(_ path: String) async throws -> UInt { try await http.call(.GET, path).status }

    try await eventually("it is ready") { try await status("/actuator/health/readiness") == 200 }
    try await eventually("it holds all lanes") {
      let text = try await http.call(.GET, "/metrics").text
      return text.contains("handover_lanes_held{worker=\"trade\"} 9")
        && text.contains("handover_lag_entries{worker=\"trade\",shard=\"3\"} 0")
    }
    let exposition = redis.folder.appending(path: "metrics")
    try await http.call(.GET, "/metrics").text.write(to: exposition, atomically: true, encoding: .utf8)
    let lint = try RunningProcess("bash", ["-c", "promtool check metrics <'\(exposition.path)'"])
    lint.wait()
    #expect(lint.exitStatus == 0, "promtool finds fault with the metrics")
    #expect(try await http.call(.PUT, "/actuator/down").status == 403)

    // While Redis hangs the worker lives, but is not ready.
    redis.process.signal(SIGSTOP)
    try await eventually("it is not ready") { try await status("/actuator/health/readiness") == 503 }
    #expect(try await status("/actuator/health/liveness") == 200)
    redis.process.signal(SIGCONT)
    try await eventually("it is ready again") { try await status("/actuator/health/readiness") == 200 }
  }

  /// A process that starts before its Redis answers health checks meanwhile, and ends when asked to.
  @Test func `a worker that waits for Redis is live but not ready, and can be stopped`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "waits-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try FreePort.find()
    let worker = try RunningProcess(
      Executables.path("stock-worker"), ["--health-port", "\(port)"],
      environment: ["HANDOVER_REDIS_URL": "unix://\(folder.path)/none.sock"],
      log: folder.appending(path: "log"))
    let http = HTTP(port: port)
    try await eventually("it lives") { try await http.call(.GET, "/liveness").status == 200 }
    let readiness = try await http.call(.GET, "/readiness")
    #expect(readiness.status == 503 && readiness.text.contains("waiting for Redis"))
    // Its HTTP server behaves like the ingress.
    #expect(try await http.call(.HEAD, "/liveness").status == 200)
    let unknown = try await http.call(.GET, "/nowhere")
    #expect(
      unknown.status == 404 && unknown.headers.first(name: "Content-Type") == "application/problem+json")
    #expect(try unknown.json["code"].text == "unknownPath")
    #expect(try await http.call(.PUT, "/actuator/down").json["status"].integer == 403)
    let time = try #require(worker.terminate(), "it did not stop")
    #expect(time < Patience.prompt)
    #expect(worker.exitStatus == 0)
  }

  @Test func `the reservation worker tells the memory of Redis and how old the archive is`() async throws {
    let redis = try TestRedis(["--maxmemory", "512mb"])
    let connection = try redis.connect()
    // Somebody else's time, so that the age is known: days before 2001.
    try connection.call("XADD", "{0}:archive", "1000-0", "entity", "reserve")
    let ports = try [FreePort.find(), FreePort.find()]
    let workers = try ports.map { port in
      try RunningProcess(
        Executables.path("reservation-worker"), ["--health-port", "\(port)"],
        environment: ["HANDOVER_REDIS_URL": redis.url.description],
        log: redis.folder.appending(path: "worker-\(port).log"))
    }
    defer { for worker in workers { worker.kill() } }
    for port in ports {
      try await eventually("the metrics have it") {
        guard let text = try? await HTTP(port: port).call(.GET, "/metrics").text else { return false }
        let used = text.firstMatch(of: /handover_redis_memory_bytes\{master="redis"\} (\d+)/)
        let age = text.firstMatch(of: /handover_archive_age_seconds (\d+)/)
        guard let used = used.flatMap({ Int($0.1) }), let age = age.flatMap({ Int($0.1) }) else {
          return false
        }
        return used > 100_000 && age > 1_000_000_000
          && text.contains("handover_redis_memory_limit_bytes{master=\"redis\"} 536870912")
      }
    }
    // Unless an hour ended meanwhile, it was noted once.
    let places = try connection.call("HVALS", "handover:memory").compactMap(\.string)
    #expect((1...2).contains(places.count))
    #expect(places.allSatisfy { $0.wholeMatch(of: /\d+ redis \d+ 536870912/) != nil })
  }

  @Test func `health and metrics of an ingress can have a port that its clients do not reach`() async throws {
    let redis = try TestRedis()
    let name = redis.folder.appending(path: "name.sock").path
    let (own, other) = (HTTP(port: try FreePort.find()), HTTP(port: try FreePort.find()))
    func port(_ http: HTTP) -> String { String(http.base.split(separator: ":").last ?? "") }
    let ingress = try RunningProcess(
      Executables.path("ingress"), ["--reads-per-minute", "1"],
      environment: [
        "HANDOVER_REDIS_URL": "unix://\(name)", "HANDOVER_PORT": port(other),
        "HANDOVER_HEALTH_PORT": port(own),
      ], log: redis.folder.appending(path: "log"))
    defer { ingress.kill() }
    // Before there is a Redis, it lives, and says what it waits for.
    try await eventually("it lives") { try await own.call(.GET, "/liveness").status == 200 }
    let waiting = try await own.call(.GET, "/readiness")
    #expect(waiting.status == 503 && waiting.text.contains("waiting for Redis"))
    try FileManager.default.createSymbolicLink(
      atPath: name, withDestinationPath: redis.folder.appending(path: "redis.sock").path)
    try await eventually("it is ready") { try await own.call(.GET, "/readiness").status == 200 }
    // Only the health port has health and metrics, and only the other one has a limit, and the API.
    var read: HTTP.Answer?
    try await eventually("it listens") {
      read = try await other.call(.GET, "/trades")
      return true
    }
    #expect(read?.status == 200)
    for path in ["/liveness", "/readiness", "/actuator/health", "/metrics", "/trades"] {
      #expect(try await other.call(.GET, path).status == 429, "\(path)")
    }
    #expect(try await own.call(.GET, "/trades").status == 404)
    let metrics = try await own.call(.GET, "/metrics").text
    #expect(metrics.contains("handover_rate_limited_total{policy=\"reads\"} 5\n"))
    #expect(metrics.contains("route=\"/trades\""))
    let time = try #require(ingress.terminate(), "it did not stop")
    #expect(time < Patience.prompt)
    #expect(ingress.exitStatus == 0)
  }

  @Test(arguments: ["*", "null", "http://a.example/", "a.example", "http://a.example, *"])
  func `what is no origin cannot be allowed as one`(origins: String) async throws {
    let redis = try TestRedis()
    let log = redis.folder.appending(path: "log")
    let ingress = try RunningProcess(
      Executables.path("ingress"), ["--cors-origins", origins],
      environment: ["HANDOVER_REDIS_URL": redis.url.description, "HANDOVER_PORT": "0"], log: log)
    defer { ingress.kill() }
    try await eventually("it refuses") { ingress.hasEnded }
    #expect(ingress.exitStatus != 0)
    #expect(try String(contentsOf: log, encoding: .utf8).contains("must be scheme://host"))
  }

  @Test func `logs can be written as JSON`() async throws {
    let system = try await TestSystem(environment: [
      "HANDOVER_LOG_FORMAT": "json", "TRADE_LOG_LEVEL": "DEBUG",
    ])
    try await eventually("the lanes are taken") { system.log("trade-worker").contains("took the lane") }
    let lines = system.log("trade-worker").split(separator: "\n").map {
      try? JSONDecoder().decode(JSON.self, from: Data($0.utf8))
    }
    #expect(lines.allSatisfy { $0?["service"].text == "trade" && $0?["time"].text != nil })
    #expect(lines.contains { $0?["lane"].text == "trade{3}" && $0?["level"].text == "debug" })
  }

  @Test func `liveness can be made to fail if that is enabled`() async throws {
    let system = try await TestSystem(environment: ["HANDOVER_ACTUATOR_DOWN": "true"])
    #expect(try await system.http.call(.GET, "/liveness").status == 200)
    _ = try await system.http.call(.PUT, "/actuator/down")
    #expect(try await system.http.call(.GET, "/actuator/health/liveness").status == 503)
    #expect(try await system.http.call(.GET, "/actuator/health").status == 503)
  }

  @Test(arguments: [
    (["--maxmemory-policy", "allkeys-lru"], "may evict keys"),
    (["--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "yes"], "read-only replica"),
  ])
  func `a worker refuses to start with an unsuitable Redis`(options: [String], reason: String) async throws {
    let redis = try TestRedis(options)
    let log = redis.folder.appending(path: "log")
    let worker = try RunningProcess(
      Executables.path("stock-worker"), [], environment: ["HANDOVER_REDIS_URL": redis.url.description],
      log: log)
    defer { worker.kill() }
    try await eventually("it refuses") { worker.hasEnded }
    #expect(worker.exitStatus == 1)
    #expect(try String(contentsOf: log, encoding: .utf8).contains(reason))
  }

  /// After a fail-over, the former primary still answers: readiness has to say that nobody can work with it.
  @Test func `a demoted primary fails readiness until its name leads to the new one`() async throws {
    let (first, second) = (try TestRedis(), try TestRedis())
    let name = first.folder.appending(path: "name.sock").path
    func lead(to redis: TestRedis) throws {
      unlink(name)
      try FileManager.default.createSymbolicLink(
        atPath: name, withDestinationPath: redis.folder.appending(path: "redis.sock").path)
    }
    try lead(to: first)
    var services: [(process: RunningProcess, http: HTTP)] = []
    defer { for service in services { service.process.kill() } }
    for (executable, setting) in [("ingress", "HANDOVER_PORT"), ("stock-worker", "HANDOVER_HEALTH_PORT")] {
      let port = try FreePort.find()
      services.append(
        (
          try RunningProcess(
            Executables.path(executable), [],
            environment: ["HANDOVER_REDIS_URL": "unix://\(name)", setting: "\(port)"],
            log: first.folder.appending(path: "\(executable).log")), HTTP(port: port)
        ))
    }
    func readiness(_ status: UInt, _ word: String) async throws {
      for service in services {
        try await eventually("readiness is \(status)") {
          let answer = try await service.http.call(.GET, "/readiness")
          return answer.status == status && answer.text.contains(word)
        }
      }
    }
    try await readiness(200, "UP")
    try first.connect().call("REPLICAOF", "127.0.0.1", "1")
    try await readiness(503, "READONLY")
    try lead(to: second)
    try await readiness(200, "UP")
    try await eventually("the lanes are held on the new primary") {
      try second.connect().call("KEYS", "*:lease:stock").count == 9
    }
  }

  @Test func `a shard that is too far behind refuses commands until it catches up`() async throws {
    let system = try await TestSystem(environment: ["HANDOVER_BACKLOG_LIMIT": "20"])
    _ = system.stop("trade-worker")
    for deal in 1...40 {
      _ = try await system.http.reserve(
        product: 7, buyer: "buyer\(deal)", headers: ["Prefer": "respond-async"])
    }
    var refused: HTTP.Answer?
    try await eventually("the shard is full") {
      let answer = try await system.http.reserve(
        product: 7, buyer: "late", headers: ["Prefer": "respond-async"])
      refused = answer
      return answer.status == 503
    }
    #expect(refused?.headers.first(name: "Retry-After") != nil)
    try system.start("trade-worker")
    try await eventually("it takes commands again") {
      try await system.http.reserve(product: 7, buyer: "later").status == 201
    }
  }

  @Test func `a worker whose stream has lost its history is not ready`() async throws {
    let system = try await TestSystem()
    #expect(try await system.http.list(1, product: 100).status == 201)
    let shard = Shard.of(productid: 100, among: 8)
    _ = system.stop("trade-worker")
    let redis = try system.redis.connect()
    try redis.call("DEL", Key.commands(.trade, in: shard))
    let port = try FreePort.find()
    let worker = try RunningProcess(
      Executables.path("trade-worker"), ["--health-port", "\(port)"],
      environment: ["HANDOVER_REDIS_URL": system.redis.url.description],
      log: system.redis.folder.appending(path: "lost.log"))
    defer { worker.kill() }
    try await eventually("it says so") {
      let answer = try await HTTP(port: port).call(.GET, "/readiness")
      return answer.status == 503 && answer.text.contains("its history was lost")
    }
  }

  /// The operator's command, on a system with a deal and a dead letter.
  @Test func `the operator's commands show and repair a running system`() async throws {
    let system = try await TestSystem()
    #expect(try await system.http.list(1, product: 100).status == 201)
    #expect(try await system.http.register(1, product: 100).status == 201)
    let deal = try #require(
      try await system.http.reserve(product: 100, buyer: "buyer").headers["Location"].first)
    try await system.waitFor(deal, "거래진행중")
    try await system.waitFor("/inventories/1", "재고확보")
    let redis = try system.redis.connect()
    try redis.call("XADD", "trade.commands", "*", "type", "Handover", "id", "one")
    try await eventually("the dead letter is there") {
      try redis.call("XLEN", "{trade.commands}:deadletters").integer == 1
    }
    let status = try system.operate("status")
    #expect(status.status == 2, "there is a dead letter")
    #expect(status.output.contains("reservation   1         9/9"))
    let timeline = try system.operate("timeline", "reserve", "1")
    #expect(timeline.status == 0)
    for word in ["ReserveCompleted", "TradeStarted", "StockHeld", "to abc:", "to buyer:"] {
      #expect(timeline.output.contains(word), "\(timeline.output)")
    }
    let audit = try system.operate("audit", "--wait", "10")
    #expect(audit.status == 0, "\(audit.output)")
    let keys = try redis.call("KEYS", "*mypage:*").count
    try redis.call("DEL", "mypage:{buyer}")
    try redis.call("HSET", "{4}:mypage:0", "1", "status\t거래완료")
    let rebuilt = try system.operate("rebuild", "mypages")
    #expect(rebuilt.status == 0, "\(rebuilt.output)")
    for user in ["buyer", "abc"] {
      let rows = try await system.http.get("/mypages/\(user)")["_embedded"]["mypages"].elements
      #expect(rows.map { $0["status"].text } == ["거래진행중"])
    }
    #expect(try redis.call("KEYS", "*mypage:*").count == keys)
    let letters = try system.operate("deadletters", "list")
    #expect(letters.output.contains("notANumber"), "\(letters.output)")
    let replayed = try system.operate("deadletters", "replay", "--all", "--set", "id=1")
    #expect(replayed.status == 0, "\(replayed.output)")
    try await system.waitFor(deal, "거래완료")
    try await eventually("all is well") { try system.operate("status").status == 0 }
    #expect(try system.operate("timeline", "reserve", "99").status == 1)
  }
}
