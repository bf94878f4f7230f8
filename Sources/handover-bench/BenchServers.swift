import Foundation
import Processes
import Redis

/// A benchmark's own servers: one Redis, or the masters of a cluster without replicas.
struct BenchServers {
  /// How one Redis is reached.
  enum Transport { case socket, port, encryptedPort }

  /// The most masters of a cluster.
  static let mostMasters = 16

  let processes: [RunningProcess]
  let deployment: RedisDeployment
  /// Names them for the processes that use them.
  let url: RedisURL
  /// What these need besides the URL.
  private(set) var environment: [String: String] = [:]

  /// Starts the servers, and waits until they answer.
  ///
  /// - Parameters:
  ///   - folder: Holds their data, logs and sockets.
  ///   - masters: The number of masters; nil for one Redis.
  ///   - transport: How that is reached. The nodes of a cluster have ports.
  ///   - keepsLog: Whether they write append-only files, synced every second. These are never rewritten: a rewrite
  ///     would happen in some measurements only.
  init(in folder: URL, masters: Int?, transport: Transport = .socket, keepsLog: Bool) throws {
    let settings = [
      "--save", "", "--appendonly", keepsLog ? "yes" : "no", "--appendfsync", "everysec",
      "--auto-aof-rewrite-percentage", "0", "--maxmemory-policy", "noeviction",
    ]
    guard let masters else {
      var url: RedisURL
      let options: [String]
      switch transport {
      case .socket:
        let socket = folder.appending(path: "redis.sock").path
        url = try RedisURL("unix://\(socket)")
        options = ["--port", "0", "--unixsocket", socket]
      case .port:
        let port = try FreePort.find()
        url = try RedisURL("redis://127.0.0.1:\(port)")
        options = ["--port", "\(port)"]
      case .encryptedPort:
        let (port, authority) = (try FreePort.find(), try TestAuthority(in: folder))
        url = try RedisURL("rediss://127.0.0.1:\(port)")
        url.tls?.caFile = authority.certificate.path
        options = authority.redisOptions(port: port, as: try authority.issue("server"))
        environment["HANDOVER_REDIS_CA_FILE"] = authority.certificate.path
      }
      let server = try Self.launch(in: folder, options + settings)
      processes = [server]
      self.url = url
      deployment = .single(url)
      do { try Self.awaitAnswer(of: url, by: server) } catch {
        server.kill()
        throw error
      }
      return
    }
    var nodes: [(port: Int, bus: Int, process: RunningProcess)] = []
    do {
      for _ in 0..<masters {
        let (port, bus) = (try FreePort.find(), try FreePort.find())
        let own = folder.appending(path: "\(port)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let options = [
          "--bind", "127.0.0.1", "--port", "\(port)", "--cluster-enabled", "yes", "--cluster-port", "\(bus)",
        ]
        nodes.append((port, bus, try Self.launch(in: own, options + settings)))
      }
      url = try RedisURL("redis://" + nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ","))
      try Self.form(nodes)
      deployment = try RedisDeployment(of: url)
    } catch {
      for node in nodes { node.process.kill() }
      throw error
    }
    processes = nodes.map(\.process)
  }

  private static func launch(in folder: URL, _ options: [String]) throws -> RunningProcess {
    let server = try RunningProcess(
      "redis-server", ["--dir", folder.path] + options, log: folder.appending(path: "redis.log"))
    Cleanup.add(server.id)
    return server
  }

  /// Tries to connect until the server answers; it sends no signal when it is up.
  private static func awaitAnswer(of url: RedisURL, by server: RunningProcess) throws {
    try until("redis-server answers; is it installed (apt-get install redis-server)?") {
      guard !server.hasEnded else { throw BenchError("redis-server did not start.") }
      try RedisConnection(url).call("PING")
      return true
    }
  }

  /// Makes servers that know nothing of each other a cluster, and waits until each of them knows that.
  private static func form(_ nodes: [(port: Int, bus: Int, process: RunningProcess)]) throws {
    let urls = try nodes.map { try RedisURL("redis://127.0.0.1:\($0.port)") }
    for (index, (node, url)) in zip(nodes, urls).enumerated() {
      try awaitAnswer(of: url, by: node.process)
      let connection = try RedisConnection(url)
      let range = (0...1).map { (index + $0) * HashSlot.count / nodes.count }
      try connection.call("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
      try connection.call("CLUSTER", "ADDSLOTSRANGE", "\(range[0])", "\(range[1] - 1)")
      if index > 0 {
        try connection.call("CLUSTER", "MEET", "127.0.0.1", "\(nodes[0].port)", "\(nodes[0].bus)")
      }
    }
    for url in urls {
      try until("the nodes are a cluster") {
        let info = try RedisConnection(url).call("CLUSTER", "INFO").string ?? ""
        return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:\(nodes.count)")
      }
    }
  }

  private static func until(_ what: String, _ isMet: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      let result = Result { try isMet() }
      if case .success(true) = result { return }
      if case .failure(let error as BenchError) = result { throw error }
      guard ContinuousClock.now < deadline else { throw BenchError("Not in time: \(what)") }
      Thread.sleep(forTimeInterval: 0.005)
    }
  }
}
