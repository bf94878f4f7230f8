import Operations
import Redis
import Testbed
import Testing

@Suite struct BalancePlanTests {
  /// How many slots each node has after a plan, and where every slot is.
  private static func carryOut(
    _ plan: BalancePlan<Int, Int>, on slots: [Int: [Int]]
  ) throws -> [Int: Set<Int>] {
    var slots = slots.mapValues { Set($0) }
    for move in plan.moves {
      #expect(move.source != move.target)
      try #require(slots[move.source]?.remove(move.slot) != nil, "a slot moves from where it is")
      slots[move.target, default: []].insert(move.slot)
    }
    return slots
  }

  /// The fewest moves, by trying every choice of the nodes that have one more.
  private static func fewestMoves(_ counts: [Int]) -> Int {
    let (fair, rest) = counts.reduce(0, +).quotientAndRemainder(dividingBy: counts.count)
    return (0..<1 << counts.count).filter { $0.nonzeroBitCount == rest }.map { choice in
      counts.enumerated().reduce(0) { $0 + max(0, $1.element - fair - (choice >> $1.offset & 1)) }
    }.min() ?? 0
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `a plan makes everything even, with the fewest moves`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let nodes = Array(1...Int.random(in: 1...8, using: &random))
    var slots: [Int: [Int]] = [:]
    // Some nodes have most, and some have none.
    let busy = nodes.filter { _ in Bool.random(using: &random) } + [1]
    for slot in 0..<Int.random(in: 0...80, using: &random) {
      slots[busy.randomElement(using: &random) ?? 1, default: []].append(slot)
    }
    let plan = BalancePlan(slots, over: nodes)
    let after = try Self.carryOut(plan, on: slots)
    let counts = nodes.map { after[$0, default: []].count }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    #expect(after.values.reduce(into: Set()) { $0.formUnion($1) } == Set(slots.values.joined()))
    #expect(plan.moves.count == Self.fewestMoves(nodes.map { slots[$0, default: []].count }))
    // What is even stays as it is.
    #expect(BalancePlan(after.mapValues { $0.sorted() }, over: nodes).moves.isEmpty)
    #expect(BalancePlan(slots, over: nodes).moves == plan.moves)
  }

  @Test func `a node that joins without slots gets its part`() {
    let plan = BalancePlan(["a": [1, 2, 3], "b": [4, 5, 6]], over: ["a", "b", "c"])
    #expect(plan.moves.map(\.slot) == [3, 6] && plan.moves.map(\.target) == ["c", "c"])
  }

  @Test func `shards and inlets have slots of their own`() {
    let hot = HotSlot.all(shards: 1024)
    #expect(hot.count == 1027 && Set(hot.map(\.slot)).count == 1027)
    #expect(hot.first?.description == "{0}" && hot.last?.description == "stock.commands")
  }
}
