/// Which node has each slot of a cluster.
struct ClusterMap: Equatable, Sendable {
  private static let nobody = UInt16.max

  /// Nodes that have slots, or had them before the last `move`.
  private var nodes: [RedisNode] = []
  /// For each slot, the index of its node.
  private var owners = [UInt16](repeating: nobody, count: HashSlot.count)
  /// The number of replicas of each master, as far as they are healthy.
  private(set) var replicas: [RedisNode: Int] = [:]
  /// How many slots each of the nodes has.
  private var counts: [Int] = []

  /// Creates a map in which nobody has any slot.
  init() {}

  /// Reads the reply to `CLUSTER SLOTS`: ranges of slots, each with its master and then its replicas.
  ///
  /// A range whose master announces no address belongs to nobody. Throws `.unexpectedReply` for other forms
  /// than those that Redis documents.
  ///
  /// - Parameter sender: The node that answered.
  init(slots reply: Reply, from sender: RedisNode) throws(RedisError) {
    guard reply.kind == .array else {
      throw RedisError(.unexpectedReply, "CLUSTER SLOTS of \(sender) did not return an array.")
    }
    for range in reply {
      guard let first = range[0]?.integer.flatMap(HashSlot.init(number:)),
        let last = range[1]?.integer.flatMap(HashSlot.init(number:)), first.number <= last.number,
        let master = range[2], master.count >= 2
      else {
        throw RedisError(.unexpectedReply, "CLUSTER SLOTS of \(sender) has a range that cannot be read.")
      }
      // Redis 7 adds the node's id and metadata, such as its hostname. The preferred address comes first.
      let address = RedisNode(announced: master[0]?.string, port: master[1]?.integer, by: sender)
      guard let address else { continue }
      let owner = place(of: address)
      for slot in first.number...last.number { give(slot, to: owner) }
      replicas[address] = range.count - 3
    }
  }

  subscript(slot: HashSlot) -> RedisNode? {
    let owner = owners[slot.number]
    return owner == Self.nobody ? nil : nodes[Int(owner)]
  }

  /// Corrects the map after a `MOVED`.
  mutating func move(_ slot: HashSlot, to node: RedisNode) {
    // Only a server that makes up addresses could name more nodes than there are slots.
    guard nodes.count < HashSlot.count || nodes.contains(node) else { return }
    give(slot.number, to: place(of: node))
  }

  private mutating func give(_ slot: Int, to owner: UInt16) {
    if owners[slot] != Self.nobody { counts[Int(owners[slot])] -= 1 }
    owners[slot] = owner
    counts[Int(owner)] += 1
  }

  /// The nodes that have slots, in the order in which they were named first.
  var masters: [RedisNode] { zip(nodes, counts).filter { $0.1 > 0 }.map(\.0) }

  var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

  static func == (one: ClusterMap, other: ClusterMap) -> Bool {
    // The order of the nodes depends on who answered.
    one.replicas == other.replicas
      && (one.nodes == other.nodes
        ? one.owners == other.owners
        : zip(one.owners, other.owners).allSatisfy { one.node($0) == other.node($1) })
  }

  private func node(_ owner: UInt16) -> RedisNode? { owner == Self.nobody ? nil : nodes[Int(owner)] }

  /// The index of a node, which is added if it is new. There are at most as many nodes as slots.
  private mutating func place(of node: RedisNode) -> UInt16 {
    if let known = nodes.firstIndex(of: node) { return UInt16(truncatingIfNeeded: known) }
    nodes.append(node)
    counts.append(0)
    return UInt16(truncatingIfNeeded: nodes.count - 1)
  }
}
