import Foundation
import Synchronization

/// A Redis Cluster: who has which slot. One per process, shared by all its connections.
///
/// The map is asked for again when a node redirects or does not answer. One thread does that for everybody;
/// it exists only while there is something to find out.
public final class Cluster: Sendable, CustomStringConvertible {
  private struct State {
    var topology: ClusterTopology
    /// Whether the refreshing thread runs.
    var isRefreshing = false
    /// How many refreshes have begun, and how many of them have ended.
    var begun = 0
    var ended = 0
    /// Signalled after every change.
    var waiting: [DispatchSemaphore] = []
  }

  /// How long a node can take to connect, and then to answer, when it is asked for the map.
  private static let patience = Duration.milliseconds(500)
  /// More than the map of a cluster whose slots are scattered over all nodes.
  private static let mostBytes = 16 << 20

  private let url: RedisURL
  private let state: Mutex<State>

  /// Learns the map from one of the nodes that the URL names. Blocks for at most a second for each.
  ///
  /// Throws if none of them answers, or if they are no cluster.
  public init(_ url: RedisURL) throws(RedisError) {
    let seeds: [RedisNode]
    switch url.endpoint {
    case .tcp(let host, let port): seeds = RedisNode(host: host, port: Int(port)).map { [$0] } ?? []
    case .cluster(let nodes): seeds = nodes
    case .unix, .sentinel: seeds = []
    }
    guard !seeds.isEmpty else { throw RedisError(.badURL, "\(url) does not name nodes of a cluster.") }
    guard url.database == 0 else {
      throw RedisError(.badURL, "\(url) names database \(url.database), but a cluster only has database 0.")
    }
    self.url = url
    state = Mutex(State(topology: ClusterTopology(seeds: seeds)))
    if let failure = refreshNow() { throw failure }
  }

  /// The URL that names its seeds, without the password.
  public var description: String { "\(url)" }

  // MARK: What is known

  /// A consistent copy of what is known.
  var topology: ClusterTopology { state.withLock { $0.topology } }

  /// The nodes that have slots.
  public var masters: [RedisNode] { topology.map.masters }

  /// The number of healthy replicas of each master.
  public var replicas: [RedisNode: Int] { topology.map.replicas }

  /// The node that has a slot; nil if none has.
  public func owner(of slot: HashSlot) -> RedisNode? { state.withLock { $0.topology.map[slot] } }

  /// Grows whenever a slot has another node, or a node answers again that did not.
  public var version: Int { state.withLock { $0.topology.version } }

  /// Blocks until the version is another one. Returns false if it is still the same after `limit`.
  @discardableResult
  public func waitForChange(since version: Int, within limit: Duration) -> Bool {
    wait(until: .now() + limit.seconds) { $0.topology.version != version }
  }

  /// Why calls to a node fail at once; nil if they do not.
  func suspicion(of node: RedisNode) -> RedisError? { state.withLock { $0.topology.suspects[node] } }

  // MARK: What connections report

  func note(_ news: [SplitPipeline.News]) {
    guard !news.isEmpty else { return }
    change { topology in
      for one in news {
        switch one {
        case .redirect(let redirect, from: let sender): topology.note(redirect, from: sender)
        case .clusterDown(let node): topology.doubt(node)
        }
      }
    }
  }

  /// Takes note of what an error says: that another node has a slot, that the cluster is down, or that the node
  /// does not answer.
  public func note(_ error: RedisError, from node: RedisNode) {
    if let redirect = Redirect(error.message, from: node) {
      note([.redirect(redirect, from: node)])
    } else if error.code == .refused(kind: .clusterDown) {
      note([.clusterDown(node)])
    } else if error.code == .refused(kind: .unblocked) || error.code == .refused(kind: .readOnly) {
      // It has been demoted, and says who has its slots.
      change { $0.doubt(node) }
    } else if error.endsConnection {
      suspect(node, because: error)
    }
  }

  /// Makes calls to a node fail at once until it answers again.
  func suspect(_ node: RedisNode, because error: RedisError) {
    change { $0.suspect(node, because: error) }
  }

  /// Asks the nodes for the map unless it is young, and waits for what they say. If that takes longer than a
  /// second, the last map stays for now.
  public func refresh(ifOlderThan age: Duration = .zero) {
    let (before, isYoung) = state.withLock { ($0.begun, $0.topology.isYounger(than: age, at: .now)) }
    if isYoung { return }
    change { $0.expire() }
    wait(until: .now() + 1) { $0.ended > before }
  }

  private func change(_ body: (inout ClusterTopology) -> Void) {
    let isFirst = state.withLock { state in
      let version = state.topology.version
      body(&state.topology)
      if state.topology.version != version { Self.wake(&state) }
      guard !state.isRefreshing, state.topology.wait(at: .now) != nil else { return false }
      state.isRefreshing = true
      return true
    }
    if isFirst { startRefreshing() }
  }

  // MARK: Refreshes

  private func startRefreshing() {
    let thread = Thread { [weak self] in
      // Holds the cluster only during a refresh, so that it can go away in between.
      while let pause = self?.refreshIfNeeded() { Thread.sleep(forTimeInterval: pause.seconds) }
    }
    thread.name = "redis-cluster"
    thread.start()
  }

  /// Refreshes if that is due. Returns how long to wait before the next call; nil if nothing is left to do.
  private func refreshIfNeeded() -> Duration? {
    func pause() -> Duration? {
      state.withLock { state in
        let pause = state.topology.wait(at: .now)
        if pause == nil { state.isRefreshing = false }
        return pause
      }
    }
    guard let first = pause() else { return nil }
    if first > .zero { return first }
    _ = refreshNow()
    return pause()
  }

  /// Asks one node after another for the map, then the suspects whether they answer again.
  ///
  /// Returns why there is no map. Called by one thread at a time.
  private func refreshNow() -> RedisError? {
    var random = SystemRandomNumberGenerator()
    let informants = state.withLock { state in
      state.begun += 1
      return state.topology.informants(using: &random)
    }
    var found: ClusterMap?
    var failures: [RedisError] = []
    for node in informants where found == nil {
      do throws(RedisError) { found = try map(from: node) } catch { failures.append(error) }
    }
    let suspects = state.withLock { $0.topology.refreshed(found, at: .now, using: &random) }
    for node in suspects where isUp(node) { state.withLock { $0.topology.clear(node) } }
    state.withLock { state in
      state.ended = state.begun
      Self.wake(&state)
    }
    guard found == nil else { return nil }
    // What does not pass by itself comes first: a wrong password, or a Redis that is no cluster.
    return failures.first { !$0.canRetry } ?? failures.first
  }

  /// Makes a connection to a node, for commands that take no longer than a time.
  public func connect(to node: RedisNode, within time: Duration) throws(RedisError) -> RedisConnection {
    try RedisConnection(RedisURL(of: node, as: url), connectTimeout: time, commandTimeout: time)
  }

  private func map(from node: RedisNode) throws(RedisError) -> ClusterMap {
    let connection = try connect(to: node, within: Self.patience)
    let question = Commands("CLUSTER", "SLOTS")
    guard let reply = try connection.exchange(question, limit: Self.mostBytes).first else {
      throw RedisError(.unexpectedReply, "CLUSTER SLOTS of \(node) returned nothing.")
    }
    if let error = reply.error {
      throw RedisError(error.code, "\(node) does not know the slots of a Redis Cluster: \(error.message)")
    }
    let map = try ClusterMap(slots: reply, from: node)
    guard !map.isEmpty else { throw RedisError(.unavailable, "\(node) knows no node that has slots.") }
    return map
  }

  private func isUp(_ node: RedisNode) -> Bool {
    (try? connect(to: node, within: Self.patience).call("PING")) != nil
  }

  // MARK: Waiting

  private static func wake(_ state: inout State) {
    for waiting in state.waiting { waiting.signal() }
    state.waiting = []
  }

  @discardableResult
  private func wait(until deadline: DispatchTime, _ isMet: (State) -> Bool) -> Bool {
    while true {
      let changed = DispatchSemaphore(value: 0)
      let isDone = state.withLock { state in
        if isMet(state) { return true }
        state.waiting.append(changed)
        return false
      }
      if isDone { return true }
      guard changed.wait(timeout: deadline) == .success else {
        return state.withLock { state in
          state.waiting.removeAll { $0 === changed }
          return isMet(state)
        }
      }
    }
  }
}
