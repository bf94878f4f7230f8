import Foundation
import Keys
import Lanes
import Processes
import Redis
import Testbed
import Testing

/// Disasters, and what an operator does then, with real processes.
@Suite struct BackupTests {
  /// What clients have sent, each under a key of its own, and the id that each was told.
  private actor Clients {
    private let http: HTTP
    private(set) var ids: [Int: Int] = [:]

    init(_ http: HTTP) { self.http = http }

    /// Reserves, once more if it was done before. Returns the id.
    @discardableResult
    func reserve(_ number: Int) async throws -> Int {
      let answer = try await http.reserve(
        product: number % 20 + 1, buyer: "손님\(number)", headers: ["Idempotency-Key": "\(number)"])
      let id = try #require(try answer.json["id"].integer, "\(answer.text)")
      ids[number] = id
      return id
    }
  }

  /// Writes reservations to the inlet as people do.
  private static func write(_ numbers: ClosedRange<Int>, _ link: any RedisLink) throws {
    for number in numbers {
      try link.call(
        "XADD", Key.inlet(.reservation), "*", "type", "Reserve", "productid", "\(number % 20 + 1)", "userid",
        "전화\(number)", "productname", "책상", "qty", "1", "reserveDt", "2024-04-04", "address", "서울", "price",
        "1000")
    }
  }

  private static func reservations(of buyer: String, _ http: HTTP) async throws -> Int? {
    try await http.get(
      "/mypages/\(buyer.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")")["page"][
        "totalElements"
      ].integer
  }

  private static func stopAll(_ system: TestSystem) {
    for executable in TestSystem.workers.map({ "\($0)-worker" }) + ["ingress"] { _ = system.stop(executable) }
  }

  private static func startAll(_ system: TestSystem) async throws {
    for executable in TestSystem.workers.map({ "\($0)-worker" }) + ["ingress"] {
      try system.start(executable)
    }
    try await eventually("the ingress answers") {
      try await system.http.call(.GET, "/actuator/health").status == 200
    }
  }

  @Test func `a backup made under load brings everything back, once, and no id means two things`()
    async throws
  {
    let system = try await TestSystem(redisOptions: ["--repl-diskless-sync-delay", "0"])
    let folder = system.redis.folder.appending(path: "backups").path
    let clients = Clients(system.http)
    try Self.write(1...40, try system.redis.connect())
    for number in 1...40 { try await clients.reserve(number) }

    // More comes while the backup is made and tried.
    async let made = onThread { try system.operate("backup", "--to", folder, "--check", "--keep", "3") }
    for number in 41...80 { try await clients.reserve(number) }
    let backup = try await made
    #expect(backup.status == 0 && backup.output.contains("The backup is good."), "\(backup.output)")
    // What comes now will be lost.
    try Self.write(41...60, try system.redis.connect())
    for number in 81...120 { try await clients.reserve(number) }
    let told = await clients.ids

    // A process that cannot be reached, while Redis loses everything and the backup is restored.
    let late = try RunningProcess(
      Executables.path("stock-worker"), environment: ["HANDOVER_REDIS_URL": "\(system.redis.url)"],
      log: system.redis.folder.appending(path: "late.log"))
    defer { late.kill() }
    try await eventually("it has registered") {
      try system.redis.connect().call("ZCARD", LaneName.replicas(of: "stock")).integer == 2
    }
    late.signal(SIGSTOP)
    Self.stopAll(system)
    try await onThread { try system.redis.restart() }
    #expect(try system.redis.connect().call("DBSIZE").integer == 0)
    let restored = try await onThread { try system.operate("backup", "restore", folder) }
    #expect(restored.status == 0 && restored.output.contains("have to send again"), "\(restored.output)")
    try await Self.startAll(system)
    late.signal(SIGCONT)
    try await eventually("it ends, as it knows only the data before that") { late.hasEnded }
    #expect(system.log("late").contains("A backup was restored"))

    // Clients can find out that they have to.
    #expect(try await system.http.get("/")["restoredTo"].text != nil)
    let lostOne = try await system.http.call(.GET, "/operations/key:120")
    #expect(try lostOne.status == 404 && lostOne.json["restoredTo"].text != nil, "\(lostOne.text)")
    #expect(try await system.http.call(.GET, "/operations/key:1").status == 200)

    // All clients send all they ever sent again: what is there does not happen twice.
    for number in 1...120 { try await clients.reserve(number) }
    let ids = await clients.ids
    #expect((1...40).allSatisfy { ids[$0] == told[$0] })
    #expect(Set(ids.values).count == 120)
    let lost = (1...120).filter { ids[$0] != told[$0] }
    #expect(lost.count >= 40 && lost.allSatisfy { $0 > 40 }, "\(lost)")
    // Nobody else has an id that somebody was told, also of what was lost.
    let known = Dictionary(uniqueKeysWithValues: told.map { ($1, $0) })
    #expect(ids.allSatisfy { number, id in known[id] == nil || known[id] == number })
    for number in [1, 20, 40] { #expect(try await Self.reservations(of: "전화\(number)", system.http) == 1) }
    for number in [41, 60] { #expect(try await Self.reservations(of: "전화\(number)", system.http) == 0) }
    for number in [1, 80, 81, 120] {
      #expect(try await Self.reservations(of: "손님\(number)", system.http) == 1)
    }
    let audit = try await onThread { try system.operate("audit", "--wait", "60") }
    #expect(audit.status == 0, "\(audit.output)")
  }

  @Test func `a backup of a cluster is restored into another cluster, and into one Redis`() async throws {
    let cluster = try await onThread {
      let cluster = try TestCluster(replicas: false)
      for node in cluster.nodes { try node.connect().call("CONFIG", "SET", "repl-diskless-sync-delay", "0") }
      return cluster
    }
    let settings = ["HANDOVER_SHARDS": "16"]
    let system = try await TestSystem(on: .cluster(cluster), environment: settings)
    let folder = cluster.folder.appending(path: "backups").path
    let clients = Clients(system.http)
    async let made = onThread { try system.operate("backup", "--to", folder, "--check") }
    async let written: Void = onThread { try Self.write(1...200, try cluster.connect()) }
    for number in 1...120 { try await clients.reserve(number) }
    let backup = try await made
    try await written
    #expect(backup.status == 0 && backup.output.contains("3 servers"), "\(backup.output)")
    Self.stopAll(system)

    let targets: [TestServers] = [
      .cluster(try await onThread { try TestCluster(replicas: false) }), .single(try TestRedis()),
    ]
    for servers in targets {
      let log = servers.folder.appending(path: "restore.log")
      try await onThread {
        let restore = try RunningProcess(
          Executables.path("handover"), ["backup", "restore", folder],
          environment: ["HANDOVER_REDIS_URL": try servers.url.description], log: log)
        restore.wait()
        let output = try String(contentsOf: log, encoding: .utf8)
        #expect(restore.exitStatus == 0, "\(output)")
      }
      let next = try await TestSystem(on: servers, environment: settings)
      let repaired = try await onThread { try next.operate("audit", "--wait", "60", "--repair") }
      let audit = try await onThread { try next.operate("audit", "--wait", "60") }
      #expect(audit.status == 0, "\(repaired.output)\n\(audit.output)")
      let again = Clients(next.http)
      for number in 1...120 { try await again.reserve(number) }
      #expect(Set(await again.ids.values).count == 120)
      for number in [1, 60, 120] { #expect(try await Self.reservations(of: "손님\(number)", next.http) == 1) }
    }
  }
}
