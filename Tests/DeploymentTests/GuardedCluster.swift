import Foundation
import Processes
import Redis
import Testbed

/// Six servers with the users and settings of `compose/redis`, which become a cluster by its script.
final class GuardedCluster {
  let ports: [Int]
  private let folder: URL
  private let buses: [Int]
  private var servers: [Int: RunningProcess] = [:]

  init() throws {
    folder = URL(fileURLWithPath: "/tmp/handover-test-\(UInt32.random(in: 0...UInt32.max))")
    ports = try (0..<6).map { _ in try FreePort.find() }
    buses = try (0..<6).map { _ in try FreePort.find() }
    for node in ports.indices { try start(node) }
  }

  deinit {
    for server in servers.values { server.kill() }
    try? FileManager.default.removeItem(at: folder)
  }

  private func start(_ node: Int) throws {
    let own = folder.appending(path: "\(ports[node])")
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    servers[node] = try RunningProcess(
      Deployment.folder.appending(path: "redis/start").path,
      [
        "--include", Deployment.folder.appending(path: "redis/cluster.conf").path,
        "--cluster-announce-hostname", "localhost", "--cluster-preferred-endpoint-type", "hostname",
        "--port", "\(ports[node])", "--cluster-port", "\(buses[node])", "--dir", own.path,
      ],
      environment: ["PASSWORDS": Deployment.passwords.path, "TMPDIR": own.path],
      log: own.appending(path: "redis.log"))
  }

  /// Kills a node and starts an empty one in its place.
  func replace(_ node: Int) throws {
    servers[node]?.kill()
    try FileManager.default.removeItem(at: folder.appending(path: "\(ports[node])"))
    try start(node)
  }

  /// Forms the cluster, or whatever is left to do of that.
  func form() throws {
    try run("form", zip(ports, buses).map { "127.0.0.1:\($0)@\($1)" })
  }

  /// Prepares a master for its end.
  func retire(_ port: Int) throws { try run("retire", ["\(port)"]) }

  /// Moves a slot to another master.
  ///
  /// - Parameter meanwhile: Called when all keys are at the new master, and the slot still belongs to the old one.
  func move(_ slot: HashSlot, to target: Int, meanwhile: () async throws -> Void) async throws {
    let source = try owner(of: slot)
    let (from, to) = (try connect("operator", source), try connect("operator", target))
    let ids = try [from, to].map { try $0.call("CLUSTER", "MYID").string ?? "" }
    let (number, password) = ("\(slot.number)", try Deployment.password(of: "operator"))
    try to.call("CLUSTER", "SETSLOT", number, "IMPORTING", ids[0])
    try from.call("CLUSTER", "SETSLOT", number, "MIGRATING", ids[1])
    while true {
      let keys = try from.call("CLUSTER", "GETKEYSINSLOT", number, "10").compactMap(\.string)
      if keys.isEmpty { break }
      var migrate = RESPWords("MIGRATE", "127.0.0.1", "\(target)", "", "0", "10000")
      migrate.add(RESPWords("AUTH2", "operator", password, "KEYS"))
      for key in keys { migrate.add(key) }
      try from.call(migrate)
    }
    try await meanwhile()
    for node in [to, from] { try node.call("CLUSTER", "SETSLOT", number, "NODE", ids[1]) }
  }

  private func run(_ script: String, _ arguments: [String]) throws {
    let log = folder.appending(path: "\(script).log")
    let process = try RunningProcess(
      Deployment.folder.appending(path: "redis/\(script)").path, arguments,
      environment: ["PASSWORDS": Deployment.passwords.path], log: log)
    process.wait()
    guard process.exitStatus == 0 else {
      throw NeverHappened(description: "\(script): \(try String(contentsOf: log, encoding: .utf8))")
    }
  }

  /// A URL that names all nodes, with one of the users.
  func url(_ user: String) throws -> String {
    try "redis://\(sign(user))@" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
  }

  func connect(_ user: String, _ port: Int) throws -> RedisConnection {
    try RedisConnection(RedisURL("redis://\(sign(user))@127.0.0.1:\(port)"))
  }

  /// The port of the master that has each range of slots.
  func owners() throws -> [Int: Int] {
    let ranges = try connect("operator", ports[0]).call("CLUSTER", "SLOTS")
    return ranges.reduce(into: [:]) { $0[$1[0]?.integer ?? -1] = $1[2]?[1]?.integer }
  }

  /// The port of the master that has a slot.
  func owner(of slot: HashSlot) throws -> Int {
    guard let range = try owners().filter({ $0.key <= slot.number }).max(by: { $0.key < $1.key }) else {
      throw NeverHappened(description: "nobody has slot \(slot.number)")
    }
    return range.value
  }

  /// The port of a master that does not have a slot.
  func master(without slot: HashSlot) throws -> Int {
    let owner = try owner(of: slot)
    guard let other = try owners().values.filter({ $0 != owner }).min() else {
      throw NeverHappened(description: "\(owner) is the only master")
    }
    return other
  }

  private func sign(_ user: String) throws -> String {
    "\(user):\(try Deployment.password(of: user))"
  }
}
