/// Follows streams wherever they are: returns their new entries as soon as there are any. Belongs to the
/// thread that created it.
public final class StreamWatch {
  /// New entries of one stream.
  public struct News {
    /// The place of the stream among those that are followed.
    public let place: Int
    /// Per entry, its id and its fields.
    public let entries: Reply
  }

  /// The streams that one command can wait for.
  private struct Group {
    let places: [Int]
    /// Why nothing was read, and when to try again.
    var trouble: (error: RedisError, backoff: Backoff, retry: ContinuousClock.Instant)?
    /// The node from which it was read last.
    var node: RedisNode?
  }

  private static let block = Duration.seconds(5)

  private let deployment: RedisDeployment
  private let streams: [String]
  private let count: Int
  private let startsOver: Bool
  private var positions: [String]
  private var groups: [Group]
  private let reads = BlockedReads<Int>()
  private var interrupted: Set<Int> = []
  /// The version of the cluster's map when the reads began.
  private var version = 0

  /// - Parameters:
  ///   - streams: The streams, each with the position after which to read.
  ///   - count: The maximum number of entries to read of a stream at a time.
  ///   - startsOver: Whether a stream is read again from its beginning once another node has it. That node's
  ///     clock, and so the ids of new entries, can be behind.
  public init(
    _ deployment: RedisDeployment, _ streams: [(key: String, position: String)], count: Int,
    startsOver: Bool = false
  ) {
    self.deployment = deployment
    self.streams = streams.map(\.key)
    self.count = count
    self.startsOver = startsOver
    positions = streams.map(\.position)
    switch deployment {
    case .single: groups = [Group(places: Array(streams.indices))]
    case .cluster:
      let bySlot = Dictionary(grouping: streams.indices) { HashSlot(of: streams[$0].key) }
      groups = bySlot.values.sorted { $0[0] < $1[0] }.map { Group(places: $0) }
    }
  }

  /// Waits for new entries, at most for `time`.
  ///
  /// Throws if none of the streams can be read, or if one cannot and the trouble does not pass by itself.
  /// While only some nodes of a cluster are away, the streams of the others are followed.
  public func next(within time: Duration) throws(RedisError) -> [News] {
    leaveFormerNodes()
    for index in groups.indices where !reads.contains(index) { try begin(index) }
    let resting = groups.indices.filter { !reads.contains($0) }.compactMap { groups[$0].trouble }
    if reads.isEmpty, let trouble = resting.first { throw trouble.error }
    let retry = resting.map(\.retry).min().map { ContinuousClock.now.duration(to: $0) }
    var news: [News] = []
    var failure: RedisError?
    for (index, reply) in reads.wait(min(time, retry ?? time)) {
      do throws(RedisError) {
        do throws(RedisError) {
          news += try found(in: try reply.get().get(), by: groups[index])
          groups[index].trouble = nil
        } catch {
          try fail(index, because: error)
        }
      } catch {
        failure = error
      }
    }
    // What was found must not be lost. The failure comes again.
    if news.isEmpty, let failure { throw failure }
    return news
  }

  /// Returns the places of the streams whose reads were interrupted, or went on at another node, since the last call.
  /// That node can lack entries that were read, and give their ids to others.
  public func takeInterrupted() -> Set<Int> {
    defer { interrupted = [] }
    return interrupted
  }

  /// Gives up reads at nodes that have lost their slots: a node that hangs does not say so.
  private func leaveFormerNodes() {
    guard case .cluster(let cluster) = deployment, cluster.version != version else { return }
    let topology = cluster.topology
    version = topology.version
    for (index, group) in groups.enumerated() where topology.owner(of: slot(of: group)) != group.node {
      reads.end(index)
      groups[index].trouble = nil
    }
  }

  private func slot(of group: Group) -> HashSlot { HashSlot(of: streams[group.places[0]]) }

  private func begin(_ index: Int) throws(RedisError) {
    let group = groups[index]
    if let trouble = group.trouble, trouble.retry > .now { return }
    var node: RedisNode?
    if case .cluster(let cluster) = deployment {
      let topology = cluster.topology
      guard let owner = topology.owner(of: slot(of: group)) else { return }
      if owner != group.node {
        if group.node != nil { interrupted.formUnion(group.places) }
        if startsOver, group.node != nil { for place in group.places { positions[place] = "0" } }
        groups[index].node = owner
      }
      if let reason = topology.suspects[owner] { return try fail(index, because: reason) }
      node = owner
    }
    var words = RESPWords(
      "XREAD", "COUNT", "\(count)", "BLOCK", "\(Int(Self.block.seconds * 1000))", "STREAMS")
    for place in group.places { words.add(streams[place]) }
    for place in group.places { words.add(positions[place]) }
    do throws(RedisError) {
      try reads.begin(index, Commands(words), blocking: Self.block) { () throws(RedisError) in
        try connect(to: node)
      }
    } catch {
      try fail(index, because: error)
    }
  }

  private func connect(to node: RedisNode?) throws(RedisError) -> RedisConnection {
    switch deployment {
    case .single(let url):
      let connection = try RedisConnection(url)
      // A replica would let the read wait for ever.
      try connection.requirePrimary()
      return connection
    case .cluster(let cluster):
      guard let node else { throw RedisError(.unavailable, "No node of the cluster is known.") }
      return try cluster.connect(to: node, within: .seconds(1))
    }
  }

  private func found(in reply: Reply, by group: Group) throws(RedisError) -> [News] {
    var news: [News] = []
    for stream in reply {
      guard let key = stream[0]?.string, let place = group.places.first(where: { streams[$0] == key }),
        let entries = stream[1]
      else { throw RedisError(.unexpectedReply, "XREAD returned a stream that was not asked for.") }
      for entry in entries { positions[place] = entry[0]?.string ?? positions[place] }
      news.append(News(place: place, entries: entries))
    }
    return news
  }

  /// Lets a group of a cluster rest for a while. Throws if the trouble concerns all, or does not pass.
  private func fail(_ index: Int, because error: RedisError) throws(RedisError) {
    reads.end(index)
    interrupted.formUnion(groups[index].places)
    guard case .cluster(let cluster) = deployment, error.canRetry else { throw error }
    if let node = groups[index].node, cluster.suspicion(of: node) == nil { cluster.note(error, from: node) }
    var backoff = groups[index].trouble?.backoff ?? Backoff(limit: .milliseconds(500))
    let pause = backoff.next()
    groups[index].trouble = (error, backoff, .now + pause)
  }
}
