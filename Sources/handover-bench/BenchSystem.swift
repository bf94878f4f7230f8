import Foundation
import Keys
import Processes
import Redis

/// A benchmark's own servers in a temporary folder, and the processes that use it.
final class BenchSystem {
  let folder: URL
  let servers: BenchServers
  /// The benchmark's own link to them.
  let redis: any RedisLink
  let shards: Int
  private let executables: Executables
  private var children: [RunningProcess] = []

  /// - Parameters:
  ///   - masters: The number of masters of a cluster; nil for one Redis.
  ///   - transport: How that one Redis is reached.
  ///   - keepsLog: Whether Redis writes an append-only file, synced every second.
  ///   - redisFirst: Whether Redis has priority over everything else on the machine's cores.
  ///   - executables: The release whose processes it runs.
  init(
    shards: Int, masters: Int? = nil, transport: BenchServers.Transport = .socket, keepsLog: Bool = false,
    redisFirst: Bool = false, executables: Executables = .own
  ) throws {
    let folder = URL(fileURLWithPath: "/tmp/handover-bench-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    Cleanup.add(folder)
    let servers = try BenchServers(in: folder, masters: masters, transport: transport, keepsLog: keepsLog)
    do {
      for server in servers.processes where redisFirst {
        guard setpriority(Int32(PRIO_PROCESS.rawValue), id_t(server.id), -15) == 0 else {
          throw BenchError("Only root can give Redis priority.")
        }
      }
      redis = try servers.deployment.connect()
    } catch {
      for server in servers.processes { server.kill() }
      throw error
    }
    self.folder = folder
    self.servers = servers
    self.shards = shards
    self.executables = executables
    children = servers.processes
    try redis.call("SET", Key.shardCount, "\(shards)")
    // As in a system that has run for more than the first seconds.
    try redis.call("HSET", Key.format, "writes", "\(DataFormat.current)")
  }

  /// Starts one of the product's executables on this Redis, which is to run until it is stopped.
  func start(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> RunningProcess {
    let child = try launch(executable, arguments, environment: environment)
    children.append(child)
    return child
  }

  /// Starts one that ends by itself.
  func launch(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> RunningProcess {
    let environment = environment.merging(servers.environment) { $1 }
      .merging(["HANDOVER_REDIS_URL": servers.url.description]) { $1 }
    let child = try RunningProcess(
      executables.path(executable), arguments, environment: environment,
      log: folder.appending(path: "\(executable).log"))
    Cleanup.add(child.id)
    return child
  }

  func stop(_ child: RunningProcess) {
    child.terminate(within: .seconds(10))
    Cleanup.remove(child.id)
    children.removeAll { $0.id == child.id }
  }

  /// The CPU time of all servers so far, in seconds.
  var redisCPU: Double { servers.processes.reduce(0) { $0 + $1.cpuSeconds } }

  /// Stops everything, the servers last, and removes the folder.
  func end() {
    for child in children.reversed() { stop(child) }
    try? FileManager.default.removeItem(at: folder)
    Cleanup.remove(folder)
  }

  /// Throws if a process has ended by itself, including the last lines of its log.
  func checkAlive() throws {
    guard let dead = children.first(where: { $0.hasEnded }) else { return }
    let logs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let tails = logs.filter { $0.pathExtension == "log" }.compactMap { log in
      (try? String(contentsOf: log, encoding: .utf8)).map { "\(log.lastPathComponent): \($0.suffix(500))" }
    }
    throw BenchError("Process \(dead.id) ended by itself.\n" + tails.joined(separator: "\n"))
  }

  /// Waits until a condition is true, polling it every `interval`.
  func waitUntil(
    _ what: String, every interval: Duration = .milliseconds(5), within limit: Duration = .seconds(600),
    _ condition: () throws -> Bool
  ) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
      try checkAlive()
      guard ContinuousClock.now < deadline else { throw BenchError("Not within \(limit): \(what).") }
      Thread.sleep(forTimeInterval: interval.seconds)
    }
  }
}
