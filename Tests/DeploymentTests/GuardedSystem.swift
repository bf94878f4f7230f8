import Foundation
import Processes
import Redis
import Testbed

/// A system of real processes on a Redis or a cluster that is set up as in `compose/redis`: each process has its
/// own user.
final class GuardedSystem {
  let http: HTTP
  let folder: URL
  let port: Int
  /// By which Redis can tell the users apart, each from an address of its own.
  private var proxies: [String: SourceProxy] = [:]
  private let environment: [String: String]
  private let cluster: GuardedCluster?
  private var processes: [String: [RunningProcess]] = [:]

  /// - Parameters:
  ///   - cluster: What it runs on, if not on a Redis of its own.
  ///   - sources: The address from which each service connects to its own Redis, if that matters.
  ///   - environment: Further settings of all services.
  ///   - prepare: Called once Redis runs, before anything uses it.
  init(
    on cluster: GuardedCluster? = nil, from sources: [String: String] = [:],
    environment: [String: String] = [:], prepare: (GuardedSystem) throws -> Void = { _ in }
  ) async throws {
    self.cluster = cluster
    self.environment = environment
    folder = URL(fileURLWithPath: "/tmp/handover-test-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    port = try FreePort.find()
    let httpPort = try FreePort.find()
    http = HTTP(port: httpPort)
    if cluster == nil { try await startRedis() }
    for (service, source) in sources { proxies[service] = try SourceProxy(to: port, from: source) }
    try prepare(self)
    for worker in Deployment.workers { try start(worker) }
    try start("ingress", environment: ["HANDOVER_PORT": "\(httpPort)"])
    try await eventually("the ingress answers") {
      try await http.call(.GET, "/actuator/health").status == 200
    }
  }

  deinit {
    for process in processes.values.joined() { process.kill() }
    try? FileManager.default.removeItem(at: folder)
  }

  /// Starts Redis on the data of the last one, if there was one.
  func startRedis() async throws {
    release("redis")?.kill()
    let redis = try RunningProcess(
      Deployment.folder.appending(path: "redis/start").path, ["--port", "\(port)", "--dir", folder.path],
      environment: ["PASSWORDS": Deployment.passwords.path, "TMPDIR": folder.path], log: log("redis"))
    processes["redis"] = [redis]
    try await eventually("Redis answers") { try connect("operator").call("PING").string == "PONG" }
  }

  /// Starts one more process of a service, with the service's own user.
  func start(_ service: String, environment: [String: String] = [:]) throws {
    let executable = service == "ingress" ? service : "\(service)-worker"
    let process = try RunningProcess(
      Executables.path(executable), [],
      environment: self.environment.merging(environment) { $1 }
        .merging(["HANDOVER_REDIS_URL": try url(service)]) { $1 }, log: log(service))
    processes[service, default: []].append(process)
  }

  /// Runs `handover`, as the operator or another user. Returns its exit status, and what it printed.
  func operate(_ arguments: String..., as user: String = "operator") throws -> (status: Int32, text: String) {
    let log = log("operator-\(UInt32.random(in: 0...UInt32.max))")
    let process = try RunningProcess(
      Executables.path("handover"), arguments, environment: ["HANDOVER_REDIS_URL": try url(user)],
      log: log)
    process.wait()
    return (process.exitStatus ?? -1, try String(contentsOf: log, encoding: .utf8))
  }

  /// Returns the oldest process of a service, which the caller has to end from now on.
  func release(_ service: String) -> RunningProcess? {
    processes[service]?.isEmpty == false ? processes[service]?.removeFirst() : nil
  }

  /// The URL of Redis, without a user.
  var address: String { "redis://127.0.0.1:\(port)" }

  /// Connects as one of the users.
  func connect(_ user: String) throws -> RedisConnection { try RedisConnection(RedisURL(url(user))) }

  /// The URL of Redis, or of all nodes of the cluster, for one of the users.
  private func url(_ user: String) throws -> String {
    if let cluster { return try cluster.url(user) }
    return "redis://\(user):\(try Deployment.password(of: user))@127.0.0.1:\(proxies[user]?.port ?? port)"
  }

  /// What a service has logged.
  func output(_ service: String) -> String { (try? String(contentsOf: log(service), encoding: .utf8)) ?? "" }

  private func log(_ name: String) -> URL { folder.appending(path: "\(name).log") }
}
