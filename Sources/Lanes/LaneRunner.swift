import Foundation
import Logging
import Redis
import Synchronization

/// One replica of a worker: runs a share of the lanes, on one thread for each server that has some of them.
///
/// Any number of runners of the same worker, in one process or many, divide the lanes among themselves.
public final class LaneRunner: Sendable {
  public let worker: String
  /// The name of this replica, unique among all; also the prefix of its fencing tokens.
  public let replica: String
  private let registered: Replica
  let build: Build?
  let lanes: [LaneSpec]
  let redis: RedisDeployment
  public let options: LaneOptions
  let logger: Logger

  private let tokens: LaneTokens
  private let stopping = Atomic(false)
  /// Signalled when the runner stops.
  private let wake = NSCondition()
  private let progress = Mutex(RunnerProgress())
  /// All replicas that are alive, as the runner of a cluster saw them last.
  private let living = Mutex<[String]>([])

  /// - Parameter build: What this replica tells others of itself: when it registers, and if it cannot read an entry.
  public init(
    worker: String, lanes: [LaneSpec], redis: RedisDeployment, options: LaneOptions = LaneOptions(),
    build: Build? = nil, logger: Logger
  ) {
    self.worker = worker
    self.lanes = lanes
    self.redis = redis
    self.options = options
    replica = "\(worker)-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
    registered = Replica(name: replica, build: build)
    self.build = build
    tokens = LaneTokens(replica: replica)
    var logger = logger
    logger[metadataKey: "replica"] = "\(replica)"
    self.logger = logger
  }

  /// Runs until `stop()`, through any outage of Redis. Blocks: call it on a dedicated thread.
  public func run() {
    switch redis {
    case .single(let url): keepSession(on: .single(url))
    case .cluster(let cluster): keepSessions(in: cluster)
    }
  }

  /// Lets the current batches finish, releases the lanes and ends `run()`.
  public func stop() {
    stopping.store(true, ordering: .releasing)
    wake.lock()
    wake.broadcast()
    wake.unlock()
  }

  /// A snapshot of the runner's progress.
  public var state: LaneProgress { progress.withLock { $0.whole } }

  var isStopping: Bool { stopping.load(ordering: .acquiring) }

  /// Changes what is reported about a session.
  func note(on server: LaneServer, _ change: (inout LaneProgress) -> Void) {
    progress.withLock { change(&$0.sessions[server.node, default: LaneProgress()]) }
  }

  /// Sleeps for the duration, or until `stop()`.
  func sleep(_ duration: Duration) {
    let end = Date(timeIntervalSinceNow: duration.seconds)
    wake.lock()
    while !isStopping, Date.now < end, wake.wait(until: end) {}
    wake.unlock()
  }
}

/// Sessions: what keeps them going.
extension LaneRunner {
  /// Runs sessions on a server, one after another, until the runner stops or the server has no lanes.
  private func keepSession(on server: LaneServer) {
    var backoff = Backoff(limit: server.node == nil ? .seconds(2) : .milliseconds(500))
    let metrics = LaneMetrics(worker: worker)
    defer {
      metrics.holds([])
      metrics.stands(0)
      progress.withLock { $0.end(server.node) }
    }
    var isReadingBySize = false
    while !isStopping, !server.own(lanes).isEmpty {
      do throws(RedisError) {
        let session = try LaneSession(
          runner: self, server: server, tokens: tokens, metrics: metrics, isReadingBySize: isReadingBySize)
        note(on: server) { $0.outage = nil }
        backoff.reset()
        try session.serve()
        return
      } catch {
        note(on: server) {
          $0.lanes = []
          $0.halted = [:]
          $0.outage = error.message
        }
        metrics.holds([])
        metrics.stands(0)
        metrics.reconnected()
        isReadingBySize = error.code == .replyTooLarge
        if isReadingBySize {
          logger.notice(
            "entries are unusually large: reading fewer at a time", metadata: ["error": "\(error)"])
          continue
        }
        server.note(error)
        logger.warning(Self.description(of: error), metadata: ["error": "\(error)"])
        sleep(backoff.next())
      }
    }
  }

  private static func description(of error: RedisError) -> Logger.Message {
    switch error.code {
    case .unavailable, .timeout, .overloaded, .replyTooLarge: "Redis is unavailable, trying again"
    case .badURL, .refused, .untrusted, .unexpectedReply: "Redis refuses what the worker needs, trying again"
    }
  }

  /// Keeps a session on every master that has lanes, each on a thread of its own: a master that hangs holds
  /// up nobody else's lanes.
  ///
  /// Registers this replica for all of them. While the node for that is away, the replicas that were alive
  /// before count as alive.
  private func keepSessions(in cluster: Cluster) {
    let connection = ClusterConnection(cluster)
    var sessions: [RedisNode: DispatchSemaphore] = [:]
    while !isStopping {
      do throws(RedisError) {
        let found = try join(over: connection)
        living.withLock { $0 = found }
      } catch {
        logger.debug("cannot register as alive, will retry", metadata: ["error": "\(error)"])
      }
      // Nobody tells a replica of the moves of lanes that others hold, and with another view of who has which lanes
      // the shares do not add up: some lanes would be nobody's.
      cluster.refresh(ifOlderThan: options.lease)
      sessions = sessions.filter { $0.value.wait(timeout: .now()) == .timedOut }
      for node in cluster.masters where sessions[node] == nil {
        let server = LaneServer.master(node, of: cluster)
        if !server.own(lanes).isEmpty { sessions[node] = start(on: server) }
      }
      sleep(options.heartbeat)
    }
    for ended in sessions.values { ended.wait() }
    try? registered.leave(worker, over: connection)
  }

  /// Returns what is signalled when the sessions have ended.
  private func start(on server: LaneServer) -> DispatchSemaphore {
    let ended = DispatchSemaphore(value: 0)
    let thread = Thread { [self] in
      keepSession(on: server)
      ended.signal()
    }
    thread.name = worker
    thread.stackSize = 2 << 20
    thread.start()
    return ended
  }

  /// Registers this replica as alive, unless the runner does. Returns all replicas that are alive.
  func join(_ server: LaneServer, over connection: RedisConnection) throws(RedisError) -> [String] {
    switch server {
    case .single: try join(over: connection)
    case .master: living.withLock { $0 }
    }
  }

  private func join(over link: any RedisLink) throws(RedisError) -> [String] {
    try registered.join(worker, for: options.replicaLifetime, over: link).map(\.name)
  }

  /// Ends the registration of this replica, unless the runner does.
  func leave(_ server: LaneServer, over connection: RedisConnection) throws(RedisError) {
    if case .single = server { try registered.leave(worker, over: connection) }
  }
}
