/// The fewest moves after which no node has two slots more than another. Pure.
package struct BalancePlan<Slot: Hashable & Sendable, Node: Hashable & Sendable>: Sendable {
  package struct Move: Equatable, Sendable {
    package let slot: Slot
    package let source: Node
    package let target: Node
  }

  package let moves: [Move]

  /// - Parameters:
  ///   - slots: What each node has. A node without slots is a target too.
  ///   - nodes: All nodes, each once. Which ones give and take is decided in this order.
  package init(_ slots: [Node: [Slot]], over nodes: [Node]) {
    let total = nodes.reduce(0) { $0 + slots[$1, default: []].count }
    // Those that have the most keep one more where it does not come out even: that saves the most moves.
    let byNumber = nodes.enumerated().sorted {
      let (one, other) = (slots[$0.element, default: []].count, slots[$1.element, default: []].count)
      return one == other ? $0.offset < $1.offset : one > other
    }
    var surplus: [(slot: Slot, source: Node)] = []
    var wanting: [Node] = []
    for (place, (_, node)) in byNumber.enumerated() {
      let own = slots[node, default: []]
      let fair = total / nodes.count + (place < total % nodes.count ? 1 : 0)
      surplus += own.dropFirst(fair).map { ($0, node) }
      wanting += Array(repeating: node, count: max(0, fair - own.count))
    }
    moves = zip(surplus, wanting).map { Move(slot: $0.slot, source: $0.source, target: $1) }
  }
}
