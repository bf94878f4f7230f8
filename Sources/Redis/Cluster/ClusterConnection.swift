/// Blocking connections to the nodes of a cluster, as one. It belongs to the thread that created it.
///
/// Connections are made when they are needed. One that breaks, or does not answer in time, is given up: calls
/// to its node fail at once until the node answers again, or others have its slots.
///
/// Replies that took longer than the time limit are worth nothing in a cluster: a master that was paused
/// answers with success to commands that its successor has never seen.
public final class ClusterConnection {
  /// Stands for commands that were sent, and whose replies can be received.
  public struct Receipt: Sendable {
    fileprivate let number: Int
  }

  private final class Flight {
    let number: Int
    var pipeline: SplitPipeline
    /// The nodes that have parts of it under way.
    var nodes: [RedisNode] = []
    let limit: Int

    init(_ number: Int, _ pipeline: SplitPipeline, limit: Int) {
      self.number = number
      self.pipeline = pipeline
      self.limit = limit
    }

    /// Strikes out one of the parts under way at a node.
    func hasHeard(from node: RedisNode) {
      if let place = nodes.firstIndex(of: node) { nodes.remove(at: place) }
    }
  }

  /// A connection to a node, and whose replies come next.
  private final class Link {
    let connection: RedisConnection
    /// The scripts that were sent to the node.
    var loaded: Set<String> = []
    /// In the order sent; `loads` replies come before those to the part's own commands.
    var expected: [(flight: Flight, part: SplitPipeline.Part, loads: Int)] = []

    init(_ connection: RedisConnection) { self.connection = connection }
  }

  private let cluster: Cluster
  private let timeout: Duration
  private var links: [RedisNode: Link] = [:]
  private var flights: [Flight] = []
  private var sent = 0
  /// The version of the topology for which the flights under way were sent.
  private var version = 0
  private var digests: [Script: String] = [:]
  private var sources: [String: Script] = [:]

  /// Connects to no node yet.
  ///
  /// - Parameter timeout: How long a connection can take to be made, and a reply to come. Should be less than
  ///   the cluster's node timeout + 0.5 s.
  public init(_ cluster: Cluster, timeout: Duration = .seconds(1)) {
    self.cluster = cluster
    self.timeout = timeout
  }

  // MARK: Commands

  /// Sends each command to the node that has its key's slot, without waiting for the replies.
  ///
  /// Commands on one key are executed in their order, also those of several calls. Throws if a command cannot
  /// be sent to a cluster: then none was sent. What happens to a node only concerns `receive`.
  ///
  /// - Parameter limit: The maximum number of bytes of text in the replies of one node.
  public func send(_ commands: Commands, limit: Int = .max) throws(RedisError) -> Receipt {
    let topology = cluster.topology
    if topology.version != version {
      // What is still under way must not be overtaken at a slot's new node.
      for flight in flights { finish(flight) }
      let masters = Set(topology.map.masters)
      links = links.filter { !$0.value.expected.isEmpty || masters.contains($0.key) }
      version = topology.version
    }
    let pipeline = try SplitPipeline(commands) { slot in slot.map(topology.owner(of:)) ?? topology.anyNode }
    return Receipt(number: launch(pipeline, limit: limit).number)
  }

  /// Waits for the replies to commands that were sent, in the order of the commands. Follows redirections.
  ///
  /// Error replies are returned. Throws if one of the nodes did not answer: some of the commands may have
  /// been executed. Receipts have to be used in the order in which they were given.
  public func receive(_ receipt: Receipt) throws(RedisError) -> [Reply] {
    guard let flight = flights.first, flight.number == receipt.number else {
      preconditionFailure("receipts are used once, and in order")
    }
    return try land(flight)
  }

  /// Sends the commands and waits for all their replies; errors as for `send` and `receive`.
  public func exchange(_ commands: Commands, limit: Int) throws(RedisError) -> [Reply] {
    guard !commands.isEmpty else { return [] }
    precondition(flights.isEmpty, "replies to earlier commands have to be received first")
    return try receive(send(commands, limit: limit))
  }

  /// Returns the digest of a script for `EVALSHA`. From then on, the script is loaded into every node before
  /// it is called there for the first time.
  ///
  /// If a node has forgotten it, the call returns `NOSCRIPT`, and loads it the next time.
  public func digest(of script: Script) throws(RedisError) -> String {
    if let known = digests[script] { return known }
    guard let node = cluster.topology.anyNode else {
      throw RedisError(.unavailable, "No node of the cluster is known.")
    }
    let commands = Commands("SCRIPT", "LOAD", script.source)
    guard let digest = try land(launch(SplitPipeline(commands, to: node))).first?.get().string else {
      throw RedisError(.unexpectedReply, "SCRIPT LOAD returned no digest.")
    }
    digests[script] = digest
    sources[digest] = script
    return digest
  }

  /// Forgets the digests, so that each script is loaded again before its next call.
  public func forgetScripts() {
    digests = [:]
    for link in links.values { link.loaded = [] }
  }

  // MARK: Single nodes

  /// Calls `body` with a connection to the node that has a key, for commands that belong to that node.
  ///
  /// Redirections in the error that it throws are noted, but not followed.
  public func on<Value>(
    _ key: String, _ body: (RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> Value {
    guard let node = cluster.topology.owner(of: HashSlot(of: key)) else {
      throw RedisError(.unavailable, "No node of the cluster is known.")
    }
    return try on(node, body)
  }

  /// Calls `body` once for each master of an up-to-date map, for commands that concern all data.
  ///
  /// Returns what each call returned or threw, or why there is no connection to the master.
  public func onEveryMaster<Value>(
    _ body: (RedisNode, RedisConnection) throws(RedisError) -> Value
  ) -> [(node: RedisNode, result: Result<Value, RedisError>)] {
    cluster.refresh(ifOlderThan: .seconds(1))
    return cluster.masters.map { node in
      let result = Result { () throws(RedisError) in
        try on(node) { (connection) throws(RedisError) in try body(node, connection) }
      }
      return (node, result)
    }
  }

  private func on<Value>(
    _ node: RedisNode, _ body: (RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> Value {
    precondition(flights.isEmpty, "replies to earlier commands have to be received first")
    let link = try link(to: node)
    do throws(RedisError) {
      return try body(link.connection)
    } catch {
      if error.endsConnection { giveUp(node, because: error) } else { cluster.note(error, from: node) }
      throw error
    }
  }

  // MARK: Flights

  private func launch(_ pipeline: SplitPipeline, limit: Int = .max) -> Flight {
    sent += 1
    let flight = Flight(sent, pipeline, limit: limit)
    flights.append(flight)
    dispatch(flight)
    return flight
  }

  /// Sends what can be sent now.
  private func dispatch(_ flight: Flight) {
    for part in flight.pipeline.next() {
      do throws(RedisError) {
        try transmit(part, of: flight)
      } catch {
        flight.pipeline.fail(part, because: error)
      }
    }
  }

  private func transmit(_ part: SplitPipeline.Part, of flight: Flight) throws(RedisError) {
    let link = try link(to: part.node)
    var all = Commands()
    for digest in part.digests where !link.loaded.contains(digest) {
      guard let script = sources[digest] else { continue }
      all.add("SCRIPT", "LOAD", script.source)
      link.loaded.insert(digest)
    }
    let loads = all.count
    all.add(part.commands)
    do throws(RedisError) {
      try link.connection.send(loads == 0 ? part.commands : all)
    } catch {
      throw giveUp(part.node, because: error)
    }
    link.expected.append((flight, part, loads))
    flight.nodes.append(part.node)
  }

  /// Receives and sends until everything is answered or has failed.
  private func finish(_ flight: Flight) {
    while true {
      if flight.nodes.isEmpty { dispatch(flight) }
      guard let node = flight.nodes.first, let link = links[node] else { return }
      receiveNext(from: node, link)
    }
  }

  private func land(_ flight: Flight) throws(RedisError) -> [Reply] {
    finish(flight)
    flights.removeAll { $0 === flight }
    if let failure = flight.pipeline.failure { throw failure }
    return flight.pipeline.replies
  }

  /// Receives the replies to the next part, whichever flight it belongs to.
  private func receiveNext(from node: RedisNode, _ link: Link) {
    let (flight, part, loads) = link.expected[0]
    do throws(RedisError) {
      let replies = try link.connection.receive(loads + part.commands.count, limit: flight.limit)
      link.expected.removeFirst()
      flight.hasHeard(from: node)
      if !part.digests.isEmpty, replies.contains(where: { $0.error?.code == .refused(kind: .noScript) }) {
        link.loaded = []
      }
      flight.pipeline.take(Array(replies.dropFirst(loads)), of: part)
      cluster.note(flight.pipeline.takeNews())
    } catch {
      giveUp(node, because: error)
    }
  }

  // MARK: Links

  private func link(to node: RedisNode) throws(RedisError) -> Link {
    if let reason = cluster.suspicion(of: node) {
      throw RedisError(.unavailable, "\(node) does not answer at present: \(reason)")
    }
    if let known = links[node] { return known }
    do throws(RedisError) {
      let link = Link(try cluster.connect(to: node, within: timeout))
      links[node] = link
      return link
    } catch {
      // Anything else, such as a wrong password, is no reason to look for another node.
      if error.canRetry { cluster.suspect(node, because: error) }
      throw error
    }
  }

  /// Drops the connection to a node, and fails what is under way there. Returns the error with the node's
  /// name.
  @discardableResult
  private func giveUp(_ node: RedisNode, because error: RedisError) -> RedisError {
    let named = RedisError(error.code, "\(node): \(error.message)")
    for (flight, part, _) in links.removeValue(forKey: node)?.expected ?? [] {
      flight.hasHeard(from: node)
      flight.pipeline.fail(part, because: named)
    }
    cluster.suspect(node, because: named)
    return named
  }
}
