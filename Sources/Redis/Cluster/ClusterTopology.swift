/// What is known about a cluster: who has which slot, which nodes do not answer, and whether that has to be
/// asked again. Does no I/O.
struct ClusterTopology: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// Refreshes begin at least this long after the last one has ended. Jittered, so that the clients of a
  /// cluster do not all ask at once.
  private static let pause = Duration.milliseconds(100)...Duration.milliseconds(250)

  /// Never dropped: they are the way back after every known node has gone.
  let seeds: [RedisNode]
  private(set) var map = ClusterMap()
  /// Grows with every change of the map, and whenever a suspect is cleared.
  private(set) var version = 0
  /// Nodes that did not answer, with the reason. Calls to them fail at once until a refresh clears them.
  private(set) var suspects: [RedisNode: RedisError] = [:]
  private var isStale = true
  /// The node that sent the last `MOVED`: it knows more than the map.
  private var informant: RedisNode?
  /// Nodes that said the cluster is down: perhaps only their part of it is.
  private var doubtful: Set<RedisNode> = []
  private var nextRefresh: Instant?
  /// When the map was learnt.
  private var learnt: Instant?

  init(seeds: [RedisNode]) { self.seeds = seeds }

  /// The node to send a slot's commands to. Where the map has a hole, another node, which knows better or
  /// says that nobody has the slot. Nil if no node is known.
  func owner(of slot: HashSlot) -> RedisNode? { map[slot] ?? anyNode }

  /// A node for commands that have no key.
  var anyNode: RedisNode? {
    let masters = map.masters
    return masters.first { suspects[$0] == nil } ?? masters.first
  }

  /// Patches the map at once, so that the next commands need no redirection, and asks for a refresh.
  mutating func note(_ redirect: Redirect, from sender: RedisNode) {
    guard redirect.kind == .moved else { return }
    informant = sender
    isStale = true
    guard let node = redirect.node, map[redirect.slot] != node else { return }
    map.move(redirect.slot, to: node)
    version += 1
  }

  /// Makes calls to the node fail until a refresh finds it in order, or the cluster without it.
  mutating func suspect(_ node: RedisNode, because error: RedisError) {
    suspects[node] = error
    if informant == node { informant = nil }
    isStale = true
  }

  /// Asks for a refresh, but preferably not by this node, which says that the cluster is down.
  mutating func doubt(_ node: RedisNode) {
    doubtful.insert(node)
    if informant == node { informant = nil }
    isStale = true
  }

  /// Asks for a refresh.
  mutating func expire() { isStale = true }

  /// How long to wait before the next refresh; nil if none is needed.
  func wait(at now: Instant) -> Duration? {
    guard isStale || !suspects.isEmpty else { return nil }
    return nextRefresh.map { max(.zero, now.duration(to: $0)) } ?? .zero
  }

  /// Whether the map was learnt less than `age` ago, and nothing has cast doubt on it since.
  func isYounger(than age: Duration, at now: Instant) -> Bool {
    !isStale && suspects.isEmpty && learnt.map { $0.duration(to: now) < age } ?? false
  }

  /// Begins a refresh: returns the nodes to ask for the map, one after another until one knows it.
  mutating func informants(using random: inout some RandomNumberGenerator) -> [RedisNode] {
    isStale = false
    defer { (informant, doubtful) = (nil, []) }
    // Sets have no order that could be repeated from a seed.
    var others = map.masters
    others += seeds.filter { !others.contains($0) }
    others.removeAll { $0 == informant }
    others.shuffle(using: &random)
    let last = doubtful.union(suspects.keys)
    return (informant.map { [$0] } ?? []) + others.filter { !last.contains($0) }
      + others.filter(last.contains)
  }

  /// Ends a refresh. Returns the suspects that still have slots, and that only an answer can clear.
  ///
  /// - Parameter found: The map; nil if no node knew it.
  mutating func refreshed(
    _ found: ClusterMap?, at now: Instant, using random: inout some RandomNumberGenerator
  ) -> [RedisNode] {
    let part = Double.random(in: 0...1, using: &random)
    nextRefresh = now + Self.pause.lowerBound + (Self.pause.upperBound - Self.pause.lowerBound) * part
    guard let found else {
      isStale = true
      return []
    }
    learnt = now
    if found != map {
      map = found
      version += 1
    }
    let masters = Set(map.masters)
    suspects = suspects.filter { masters.contains($0.key) }
    return suspects.keys.sorted { "\($0)" < "\($1)" }
  }

  /// Ends the suspicion: the node has answered.
  mutating func clear(_ node: RedisNode) {
    if suspects.removeValue(forKey: node) != nil { version += 1 }
  }
}
