import Foundation
import Processes
import Redis
import Synchronization

/// A system of real processes: Redis, workers and an ingress. It ends with the value's lifetime.
package final class TestSystem: Sendable {
  package static let workers = ["reservation", "trade", "stock", "notification", "mypage"]

  package let servers: TestServers
  package let http: HTTP
  private let processes = Mutex<[String: [RunningProcess]]>([:])
  private let environment: [String: String]

  /// Starts the system, and waits until it is ready.
  ///
  /// - Parameter replicas: the number of processes of each worker.
  package convenience init(
    replicas: Int = 1, redisOptions: [String] = [], environment: [String: String] = [:]
  ) async throws {
    try await self.init(
      on: .single(try TestRedis(redisOptions)), replicas: replicas, environment: environment)
  }

  /// Starts a system on servers that run already.
  ///
  /// - Parameter url: How the system finds them, if not by their own URL.
  package init(
    on servers: TestServers, url: RedisURL? = nil, replicas: Int = 1, environment: [String: String] = [:]
  ) async throws {
    self.servers = servers
    let port = try FreePort.find()
    http = HTTP(port: port)
    self.environment = [
      "HANDOVER_REDIS_URL": try (url ?? servers.url).description, "HANDOVER_PORT": "\(port)",
    ].merging(environment) { $1 }
    for worker in Self.workers { for _ in 0..<replicas { try start("\(worker)-worker") } }
    try start("ingress")
    try await eventually("the ingress answers") {
      try await http.call(.GET, "/actuator/health").status == 200
    }
    try await eventually("every lane is held") {
      let redis = try servers.connect()
      let shards = try redis.call("GET", "handover:shards").integer ?? 0
      let leases = try redis.eachMaster { (_, master) throws(RedisError) in
        try master.call("KEYS", "*:lease:*").count
      }
      return leases.reduce(0, +) == Self.workers.count * shards + 3
    }
  }

  /// The only server of a system that has one.
  package var redis: TestRedis {
    guard case .single(let redis) = servers else { preconditionFailure("a cluster has several servers") }
    return redis
  }

  deinit {
    for process in processes.withLock({ $0.values.flatMap(\.self) }) { process.kill() }
  }

  /// Runs an operator's command until it exits.
  package func operate(_ arguments: String...) throws -> (status: Int32?, output: String) {
    let log = servers.folder.appending(path: "operator-\(UInt32.random(in: 0...UInt32.max))")
    let process = try RunningProcess(
      Executables.path("handover"), arguments,
      environment: ["HANDOVER_REDIS_URL": try servers.url.description], log: log)
    process.wait()
    return (process.exitStatus, try String(contentsOf: log, encoding: .utf8))
  }

  /// Starts one more process of an executable.
  @discardableResult
  package func start(_ executable: String) throws -> RunningProcess {
    let process = try RunningProcess(
      Executables.path(executable), [], environment: environment,
      log: servers.folder.appending(path: "\(executable).log"))
    processes.withLock { $0[executable, default: []].append(process) }
    return process
  }

  /// The running processes of an executable, oldest first.
  package func processes(_ executable: String) -> [RunningProcess] {
    processes.withLock { $0[executable] ?? [] }
  }

  /// Kills the oldest process of an executable (`kill -9`).
  package func kill(_ executable: String) {
    processes.withLock { $0[executable]?.isEmpty == false ? $0[executable]?.removeFirst() : nil }?.kill()
  }

  /// Sends SIGTERM to all processes of an executable. Returns how long each took to end.
  package func stop(_ executable: String) -> [Duration?] {
    processes.withLock { $0.removeValue(forKey: executable) ?? [] }.map { $0.terminate() }
  }

  package func log(_ executable: String) -> String {
    (try? String(contentsOf: servers.folder.appending(path: "\(executable).log"), encoding: .utf8)) ?? ""
  }

  /// Waits until an item has a status. Returns the item.
  @discardableResult
  package func waitFor(_ path: String, _ status: String, field: String = "status") async throws -> JSON {
    var item = JSON.null
    try await eventually("\(path) has \(field) \(status)") {
      item = try await http.get(path)
      return item[field].text == status
    }
    return item
  }
}

/// A condition that was not met in time.
package struct NeverHappened: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

/// Polls every few milliseconds for a condition that is not signaled.
package func eventually(
  _ what: String, within limit: Duration = Patience.limit, _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  var last: (any Error)?
  while ContinuousClock.now < deadline {
    do {
      if try await condition() { return }
      last = nil
    } catch {
      last = error
    }
    try await Task.sleep(for: .milliseconds(5))
  }
  throw NeverHappened(description: "not within \(limit): \(what)\(last.map { " (\($0))" } ?? "")")
}
