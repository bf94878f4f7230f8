import Foundation
import Processes
import Redis
import Synchronization

extension TestRedis {
  /// Returns options that make a server a node of a cluster on ports of its own.
  package static func clusterOptions() throws -> [String] {
    [
      "--cluster-enabled", "yes", "--port", "\(try FreePort.find())", "--cluster-port",
      "\(try FreePort.find())",
    ]
  }
}

/// A Redis Cluster of three masters and their replicas for one test, on loopback ports. It ends with the
/// value's lifetime.
///
/// A failed master is replaced after its node time-out and about 1.5 s. The others go on meanwhile, as the
/// cluster does not require that all slots are served.
package final class TestCluster: Sendable {
  package static let masterCount = 3

  /// A node, whether it runs or not.
  package struct Node: Sendable {
    package let port: Int
    fileprivate let bus: Int
    fileprivate let tls: RedisTLS?
    /// Stays the same when the node is started again.
    package fileprivate(set) var id = ""

    package var url: RedisURL {
      get throws { try TestCluster.url([port], tls) }
    }

    package func connect(timeout: Duration = Patience.limit) throws -> RedisConnection {
      try RedisConnection(url, commandTimeout: timeout)
    }

    /// What the node says that it is: `master` or `slave`.
    package var role: String? {
      get throws { try connect().call("ROLE")[0]?.string }
    }
  }

  package let folder: URL
  /// The masters, and then the replica of each.
  package let nodes: [Node]
  private let timeout: Duration
  private let tls: TestTLS?
  private let processes: Mutex<[Int: RunningProcess]>

  /// Starts the nodes, and waits until all of them agree about the cluster. Takes about three seconds.
  ///
  /// - Parameters:
  ///   - timeout: The cluster's node time-out.
  ///   - tls: Encrypts all connections, also between the nodes.
  package init(timeout: Duration = .seconds(1), replicas: Bool = true, tls: TestTLS? = nil) throws {
    folder = URL(fileURLWithPath: "/tmp/handover-test-\(UInt32.random(in: 0...UInt32.max))")
    self.timeout = timeout
    self.tls = tls
    var nodes = try (0..<(replicas ? 2 : 1) * Self.masterCount).map { _ in
      Node(port: try FreePort.find(), bus: try FreePort.find(), tls: tls?.settings)
    }
    var processes: [Int: RunningProcess] = [:]
    do {
      for node in nodes { processes[node.port] = try Self.launch(node, in: folder, timeout, tls) }
      for index in nodes.indices {
        nodes[index].id = try Self.answer(of: nodes[index]).call("CLUSTER", "MYID").string ?? ""
      }
      try Self.form(nodes)
    } catch {
      for process in processes.values { process.kill() }
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
    self.nodes = nodes
    self.processes = Mutex(processes)
    try waitForAgreement()
  }

  deinit {
    processes.withLock { for process in $0.values { process.kill() } }
    try? FileManager.default.removeItem(at: folder)
  }

  /// A URL that names all nodes.
  package var url: RedisURL {
    get throws { try Self.url(nodes.map(\.port), tls?.settings) }
  }

  private static func url(_ ports: [Int], _ tls: RedisTLS?) throws -> RedisURL {
    let names = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
    var url = try RedisURL("\(tls == nil ? "redis" : "rediss")://\(names)")
    url.tls = tls
    return url
  }

  package func connect() throws -> ClusterConnection { ClusterConnection(try Cluster(url)) }

  /// The node with a port.
  package func node(_ node: RedisNode?) throws -> Node {
    guard let found = nodes.first(where: { $0.port == node.map { Int($0.port) } }) else {
      throw NeverHappened(description: "\(String(describing: node)) is none of the nodes")
    }
    return found
  }

  // MARK: Processes

  package func process(of node: Node) throws -> RunningProcess {
    guard let process = processes.withLock({ $0[node.port] }) else {
      throw NeverHappened(description: "node \(node.port) does not run")
    }
    return process
  }

  /// Kills all nodes.
  package func killAll() {
    processes.withLock { for process in $0.values where !process.hasEnded { process.kill() } }
  }

  /// Kills a node (`kill -9`).
  package func kill(_ node: Node) throws { try process(of: node).kill() }

  /// Makes a node hang: its connections stay open.
  package func pause(_ node: Node) throws { try process(of: node).signal(SIGSTOP) }

  package func resume(_ node: Node) throws { try process(of: node).signal(SIGCONT) }

  /// Starts a node again on its data, and waits until it answers.
  package func restart(_ node: Node) throws {
    try processes.withLock {
      $0[node.port]?.kill()
      $0[node.port] = try Self.launch(node, in: folder, timeout, tls)
    }
    _ = try Self.answer(of: node)
  }

  private static func launch(
    _ node: Node, in folder: URL, _ timeout: Duration, _ tls: TestTLS?
  ) throws -> RunningProcess {
    let own = folder.appending(path: "\(node.port)")
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    return try RunningProcess(
      TestRedis.executable,
      [
        "--bind", "127.0.0.1", "--port", "\(node.port)", "--cluster-port", "\(node.bus)", "--dir", own.path,
        "--cluster-enabled", "yes", "--cluster-node-timeout", "\(Int(timeout.seconds * 1000))",
        "--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0",
        // A node that starts again keeps its data, but no power failure has to be survived.
        "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--repl-diskless-sync-delay", "0",
        // Nodes list a replica only after it was sent something.
        "--repl-ping-replica-period", "1",
      ] + (tls?.options(port: node.port) ?? []), log: own.appending(path: "redis.log"))
  }

  /// Polls until a node answers, because it does not signal that it is up.
  private static func answer(of node: Node) throws -> RedisConnection {
    try insist("node \(node.port) answers") {
      let connection = try node.connect()
      try connection.call("PING")
      return connection
    }
  }

  // MARK: The cluster

  /// Makes servers that know nothing of each other a cluster.
  private static func form(_ nodes: [Node]) throws {
    let masters = nodes.prefix(masterCount)
    for (index, node) in nodes.enumerated() {
      let connection = try node.connect()
      try connection.call("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
      if index < masterCount {
        let range = (0...1).map { (index + $0) * HashSlot.count / masterCount }
        try connection.call("CLUSTER", "ADDSLOTSRANGE", "\(range[0])", "\(range[1] - 1)")
      }
      if index > 0 {
        try connection.call("CLUSTER", "MEET", "127.0.0.1", "\(nodes[0].port)", "\(nodes[0].bus)")
      }
    }
    for (replica, master) in zip(nodes.dropFirst(masterCount), masters) {
      try insist("node \(replica.port) knows its master") {
        try replica.connect().call("CLUSTER", "REPLICATE", master.id)
      }
    }
  }

  /// Waits until all running nodes tell the same about all slots and replicas, and replicas follow their
  /// masters.
  package func waitForAgreement() throws {
    let running = processes.withLock { all in nodes.filter { all[$0.port]?.hasEnded == false } }
    try insist("all nodes agree") {
      var maps: Set<String> = []
      for node in running {
        let connection = try node.connect(timeout: .seconds(1))
        let info = try connection.call("CLUSTER", "INFO").string ?? ""
        let replication = try connection.call("INFO", "replication").string ?? ""
        maps.insert(try Self.map(connection.call("CLUSTER", "SLOTS")))
        guard info.contains("cluster_state:ok"), info.contains("cluster_slots_ok:16384"),
          replication.contains("role:master") || replication.contains("master_link_status:up"),
          maps.count == 1, let map = maps.first, running.allSatisfy({ map.contains("\($0.port)") })
        else { throw NeverHappened(description: "node \(node.port) says \(maps) \(info)") }
      }
    }
  }

  /// The ranges of slots with their nodes, as a text that does not depend on who tells it.
  private static func map(_ slots: Reply) -> String {
    slots.map { range in
      let nodes = range.dropFirst(3).compactMap { $0[1]?.integer }.sorted()
      return "\(range[0]?.integer ?? -1)-\(range[1]?.integer ?? -1) \(range[2]?[1]?.integer ?? 0) \(nodes)"
    }.sorted().joined(separator: "; ")
  }

  /// The node that has a slot, according to itself.
  package func owner(of slot: HashSlot) throws -> Node {
    for node in nodes {
      guard let connection = try? node.connect(timeout: .seconds(1)),
        let slots = try? connection.call("CLUSTER", "SLOTS")
      else { continue }
      let own = slots.contains { range in
        (range[0]?.integer ?? 0)...(range[1]?.integer ?? 0) ~= slot.number
          && range[2]?[1]?.integer == node.port
      }
      if own { return node }
    }
    throw NeverHappened(description: "nobody has slot \(slot.number)")
  }

  /// One of the masters, in the order of their ports.
  ///
  /// - Parameter besides: a node that is not meant.
  package func master(_ place: Int, besides other: Node? = nil) throws -> Node {
    let masters = try nodes.filter { try $0.port != other?.port && $0.role == "master" }
    return masters[place % masters.count]
  }

  /// One of the replicas, in the order of their ports.
  package func replica(_ place: Int) throws -> Node {
    let replicas = try nodes.filter { try $0.role == "slave" }
    return replicas[place % replicas.count]
  }

  /// Makes a replica the master in agreement with the old one, which holds writes until the replica has all.
  package func failOver(to replica: Node) throws {
    try replica.connect().call("CLUSTER", "FAILOVER")
    try insist("node \(replica.port) is a master") {
      guard try replica.connect().call("INFO", "replication").string?.contains("role:master") == true else {
        throw NeverHappened(description: "it is a replica")
      }
    }
  }

  /// Moves a slot with its keys, a few at a time.
  ///
  /// Waits first until the nodes agree about what was before: a target that has not heard of the latest epoch would not
  /// make its own a later one, and the source could take the slot back from it.
  ///
  /// - Parameter between: Called before keys are moved, and before the slot is.
  package func move(_ slot: HashSlot, to target: Node, between: () throws -> Void = {}) throws {
    try waitForAgreement()
    let source = try owner(of: slot)
    let (from, to) = (try source.connect(), try target.connect())
    try to.call("CLUSTER", "SETSLOT", "\(slot.number)", "IMPORTING", source.id)
    try from.call("CLUSTER", "SETSLOT", "\(slot.number)", "MIGRATING", target.id)
    while true {
      let keys = try from.call("CLUSTER", "GETKEYSINSLOT", "\(slot.number)", "10").compactMap(\.string)
      if keys.isEmpty { break }
      try between()
      var migrate = RESPWords("MIGRATE", "127.0.0.1", "\(target.port)", "", "0", "10000", "KEYS")
      for key in keys { migrate.add(key) }
      // `NOKEY`: all have expired meanwhile.
      try from.call(migrate)
    }
    try between()
    // The new owner first: otherwise the slot would for a moment belong to nobody.
    try to.call("CLUSTER", "SETSLOT", "\(slot.number)", "NODE", target.id)
    try from.call("CLUSTER", "SETSLOT", "\(slot.number)", "NODE", target.id)
  }
}

/// Repeats work on a blocking thread every few milliseconds until it does not throw.
@discardableResult
package func insist<Value>(
  _ what: String, within limit: Duration = Patience.limit, _ work: () throws -> Value
) throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    do {
      return try work()
    } catch {
      guard ContinuousClock.now < deadline else {
        throw NeverHappened(description: "not within \(limit): \(what) (\(error))")
      }
      usleep(10_000)
    }
  }
}
