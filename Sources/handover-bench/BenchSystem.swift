import Foundation
import Keys
import Processes
import Redis

/// A benchmark's own Redis in a temporary folder, and the processes that use it.
final class BenchSystem {
  let folder: URL
  let url: RedisURL
  /// The benchmark's own connection.
  let redis: RedisConnection
  let redisID: pid_t
  let shards: Int
  private var children: [RunningProcess] = []

  /// - Parameters:
  ///   - keepsLog: Whether Redis writes an append-only file, synced every second.
  ///   - redisFirst: Whether Redis has priority over everything else on the machine's cores.
  init(shards: Int, keepsLog: Bool = false, redisFirst: Bool = false) throws {
    let folder = URL(fileURLWithPath: "/tmp/handover-bench-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    Cleanup.add(folder)
    let socket = folder.appending(path: "redis.sock").path
    let url = try RedisURL("unix://\(socket)")
    let log = folder.appending(path: "redis.log")
    let server = try RunningProcess(
      "redis-server",
      [
        "--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--appendonly",
        keepsLog ? "yes" : "no", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
      ], log: log)
    Cleanup.add(server.id)
    do {
      if redisFirst, setpriority(Int32(PRIO_PROCESS.rawValue), id_t(server.id), -15) != 0 {
        throw BenchError("Only root can give Redis priority.")
      }
      redis = try Self.connect(to: url, of: server)
    } catch {
      server.kill()
      throw error
    }
    self.folder = folder
    self.url = url
    self.shards = shards
    redisID = server.id
    children = [server]
    try redis.call("SET", Key.shardCount, "\(shards)")
  }

  /// Starts one of the product's executables on this Redis.
  func start(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> RunningProcess {
    let environment = environment.merging(["HANDOVER_REDIS_URL": url.description]) { $1 }
    let child = try RunningProcess(
      Executables.path(executable), arguments, environment: environment,
      log: folder.appending(path: "\(executable).log"))
    Cleanup.add(child.id)
    children.append(child)
    return child
  }

  func stop(_ child: RunningProcess) {
    child.terminate(within: .seconds(10))
    Cleanup.remove(child.id)
    children.removeAll { $0.id == child.id }
  }

  /// Stops everything, the server last, and removes the folder.
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

  /// Tries to connect until the server answers; it sends no signal when it is up.
  private static func connect(to url: RedisURL, of server: RunningProcess) throws -> RedisConnection {
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do {
        let connection = try RedisConnection(url, commandTimeout: .seconds(60))
        try connection.call("PING")
        return connection
      } catch {
        guard !server.hasEnded, ContinuousClock.now < deadline else {
          throw BenchError(
            "redis-server did not start: \(error). Is it installed (apt-get install redis-server)?")
        }
        Thread.sleep(forTimeInterval: 0.005)
      }
    }
  }
}
