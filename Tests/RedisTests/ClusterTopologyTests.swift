import Testbed
import Testing

@testable import Redis

@Suite struct ClusterTopologyTests {
  private static let nodes = (0..<6).compactMap { RedisNode(host: "n\($0)", port: 7000) }
  private static let seeds = ["s0", "s1"].compactMap { RedisNode(host: $0, port: 7000) }
  private static let broken = RedisError(.unavailable, "broken")
  private let start = ContinuousClock.now
  private var random = SplitMix64(seed: 7)

  /// A map in which the nodes have even shares.
  private static func map(_ nodes: [RedisNode]) -> ClusterMap {
    var map = ClusterMap()
    for number in 0..<HashSlot.count {
      guard let slot = HashSlot(number: number) else { continue }
      map.move(slot, to: nodes[number * nodes.count / HashSlot.count])
    }
    return map
  }

  private static func moved(_ slot: Int, to node: RedisNode) throws -> Redirect {
    try #require(Redirect("MOVED \(slot) \(node)", from: nodes[0]))
  }

  private static func slot(_ number: Int) throws -> HashSlot { try #require(HashSlot(number: number)) }

  /// A topology that has just learnt of three masters, at `start`.
  private mutating func known() -> ClusterTopology {
    var topology = ClusterTopology(seeds: Self.seeds)
    _ = topology.informants(using: &random)
    #expect(topology.refreshed(Self.map(Array(Self.nodes[..<3])), at: start, using: &random).isEmpty)
    return topology
  }

  @Test mutating func `a new topology asks its seeds at once`() {
    var topology = ClusterTopology(seeds: Self.seeds)
    #expect(topology.wait(at: start) == .zero)
    #expect(topology.anyNode == nil)
    #expect(Set(topology.informants(using: &random)) == Set(Self.seeds))
    _ = topology.refreshed(Self.map([Self.nodes[0]]), at: start, using: &random)
    #expect(topology.version == 1)
    #expect(topology.wait(at: start + .seconds(60)) == nil)
  }

  @Test mutating func `a MOVED corrects the map at once, and its sender is asked first`() throws {
    var topology = known()
    let version = topology.version
    topology.note(try Self.moved(0, to: Self.nodes[4]), from: Self.nodes[2])
    #expect(try topology.owner(of: Self.slot(0)) == Self.nodes[4])
    #expect(try topology.owner(of: Self.slot(1)) == Self.nodes[0])
    #expect(topology.version == version + 1)
    let informants = topology.informants(using: &random)
    #expect(informants.first == Self.nodes[2])
    #expect(Set(informants) == Set(Self.nodes[..<3] + [Self.nodes[4]] + Self.seeds))
    #expect(informants.count == 6)
    // Only for the next refresh.
    #expect(topology.wait(at: start) == nil)
  }

  @Test mutating func `an ASK changes nothing`() throws {
    var topology = known()
    let ask = try #require(Redirect("ASK 0 n4:7000", from: Self.nodes[0]))
    topology.note(ask, from: Self.nodes[0])
    #expect(try topology.owner(of: Self.slot(0)) == Self.nodes[0])
    #expect(topology.wait(at: start) == nil)
  }

  @Test mutating func `refreshes are between 100 and 250 ms apart, and not all the same`() throws {
    var waits: Set<Duration> = []
    for _ in 0..<20 {
      var topology = known()
      topology.expire()
      let wait = try #require(topology.wait(at: start))
      #expect((.milliseconds(100)...(.milliseconds(250))).contains(wait))
      #expect(topology.wait(at: start + .seconds(1)) == .zero)
      waits.insert(wait)
    }
    #expect(waits.count > 10)
  }

  @Test mutating func `a suspect is asked last, and refreshes go on until it answers or has no slot`() throws
  {
    var topology = known()
    let (suspect, later) = (Self.nodes[1], start + .seconds(1))
    topology.suspect(suspect, because: Self.broken)
    #expect(topology.wait(at: later) == .zero)
    #expect(topology.anyNode != suspect)
    for _ in 0..<20 {
      #expect(topology.informants(using: &random).last == suspect)
      // The others do not know yet that it is away.
      #expect(topology.refreshed(Self.map(Array(Self.nodes[..<3])), at: start, using: &random) == [suspect])
      #expect(topology.wait(at: later) == .zero)
    }
    let version = topology.version
    var answered = topology
    answered.clear(suspect)
    #expect(answered.suspects.isEmpty && answered.version == version + 1)
    #expect(answered.wait(at: later) == nil)
    _ = topology.informants(using: &random)
    let replaced = Self.map([Self.nodes[0], Self.nodes[4], Self.nodes[2]])
    #expect(topology.refreshed(replaced, at: start, using: &random).isEmpty)
    #expect(topology.suspects.isEmpty && topology.version == version + 1)
    #expect(topology.wait(at: later) == nil)
  }

  @Test mutating func `a node that says the cluster is down is asked last, but its calls do not fail`() {
    var topology = known()
    for _ in 0..<20 {
      topology.doubt(Self.nodes[2])
      #expect(topology.suspects.isEmpty)
      #expect(topology.wait(at: start + .seconds(1)) == .zero)
      #expect(topology.informants(using: &random).last == Self.nodes[2])
    }
  }

  @Test mutating func `the seeds are the way back after all nodes have gone`() {
    var topology = known()
    for node in Self.nodes[..<3] { topology.suspect(node, because: Self.broken) }
    for _ in 0..<5 {
      #expect(Set(topology.informants(using: &random).prefix(2)) == Set(Self.seeds))
      #expect(topology.refreshed(nil, at: start, using: &random).isEmpty)
      #expect(topology.wait(at: start + .seconds(1)) == .zero)
    }
    // All come back, with other addresses.
    _ = topology.informants(using: &random)
    #expect(topology.refreshed(Self.map(Array(Self.nodes[3...])), at: start, using: &random).isEmpty)
    #expect(topology.suspects.isEmpty)
    #expect(topology.anyNode == Self.nodes[3])
  }

  @Test mutating func `what happens during a refresh leads to another one`() throws {
    var topology = known()
    topology.expire()
    _ = topology.informants(using: &random)
    topology.note(try Self.moved(0, to: Self.nodes[4]), from: Self.nodes[0])
    _ = topology.refreshed(Self.map(Array(Self.nodes[..<3])), at: start, using: &random)
    #expect(topology.wait(at: start + .seconds(1)) == .zero)
    #expect(topology.informants(using: &random).first == Self.nodes[0])
  }

  @Test mutating func `a stale map is corrected again by the next MOVED`() throws {
    var topology = known()
    for _ in 0..<3 {
      topology.note(try Self.moved(0, to: Self.nodes[4]), from: Self.nodes[0])
      #expect(try topology.owner(of: Self.slot(0)) == Self.nodes[4])
      _ = topology.informants(using: &random)
      _ = topology.refreshed(Self.map(Array(Self.nodes[..<3])), at: start, using: &random)
      #expect(try topology.owner(of: Self.slot(0)) == Self.nodes[0])
    }
  }

  @Test mutating func `a slot that nobody has is asked of another node`() throws {
    var topology = known()
    var map = ClusterMap()
    map.move(try Self.slot(5), to: Self.nodes[1])
    _ = topology.refreshed(map, at: start, using: &random)
    #expect(try topology.owner(of: Self.slot(9)) == Self.nodes[1])
  }
}
