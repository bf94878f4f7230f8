import Keys
import Lanes
import Market
import Redis
import Testing

/// In a cluster, only keys of one slot can be changed together.
@Suite struct KeySlotTests {
  private static let names = ["", "{", "}", "a}{b", "{7}", "김민지", "%7D"]

  /// Every kind of key of a shard.
  private static func keys(of shard: Shard) -> [String] {
    let lanes = ["reservation", "trade", "stock", "notification", "mypage"].map {
      LaneName(worker: $0, tag: shard.tag)
    }
    return DecidingWorker.allCases.flatMap { [Key.commands($0, in: shard), Key.state(1, of: $0, in: shard)] }
      + Entity.allCases.flatMap { [Key.trace(of: $0, id: 1, in: shard), Key.index(of: $0, in: shard)] }
      + lanes.flatMap { [$0.lease, $0.cursor, $0.attempts, $0.halt, $0.deadLetters] }
      + names.flatMap { [Key.operation($0, in: shard), Key.replies(to: $0, in: shard)] }
      + [
        Key.journal(of: shard), Key.status(of: shard), Key.trade(1, in: shard), Key.notices(of: shard),
        Key.mypageRows(of: 1234, in: shard), Key.seller(of: 1, in: shard),
      ]
  }

  @Test func `all keys of a shard are in one slot, and every shard has its own`() {
    let shards = (0..<Key.shardLimit).map(Shard.init)
    var slots: Set<HashSlot> = []
    for shard in shards {
      let own = Set(Self.keys(of: shard).map { HashSlot(of: $0) })
      #expect(own.count == 1, "\(shard)")
      slots.formUnion(own)
    }
    #expect(slots.count == shards.count)
  }

  @Test func `the lane of an inlet has its keys in the inlet's slot`() {
    for worker in DecidingWorker.allCases {
      let lane = LaneName(worker: worker.rawValue, tag: "{\(Key.inlet(worker))}")
      let slots = [Key.inlet(worker), lane.lease, lane.cursor, lane.attempts, lane.halt, lane.deadLetters]
      #expect(Set(slots.map { HashSlot(of: $0) }).count == 1)
    }
  }

  /// No user is without a name.
  @Test(arguments: names.filter { !$0.isEmpty })
  func `the read models of a user are in one slot`(name: String) {
    #expect(HashSlot(of: Key.mypage(of: name)) == HashSlot(of: Key.notices(of: name)))
  }

  @Test(arguments: Entity.allCases)
  func `a counter is in the slot of its server's name`(entity: Entity) {
    #expect(HashSlot(of: Key.counter(entity)) == HashSlot(of: Key.counterServer(entity)))
  }
}
