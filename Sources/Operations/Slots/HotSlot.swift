import Keys
import Lanes
import Market
import Redis

/// A slot that all the work of a shard or of an inlet is in. All other slots hold what users and ids have, which is
/// little work and spread over all of them.
package struct HotSlot: Hashable, Sendable, CustomStringConvertible {
  package let slot: HashSlot
  /// The shard's tag, or the inlet's name.
  package let description: String

  /// Returns the slots of all shards and inlets, each slot once.
  package static func all(shards: Int) -> [HotSlot] {
    var seen: Set<HashSlot> = []
    let tags = (0..<shards).map { Shard($0).tag } + DecidingWorker.allCases.map(Key.inlet)
    return tags.map { HotSlot(slot: HashSlot(of: $0), description: $0) }.filter {
      seen.insert($0.slot).inserted
    }
  }
}
