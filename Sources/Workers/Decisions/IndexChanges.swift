import Keys
import Lanes
import Market

/// The items that a batch adds to and removes from a shard's index.
struct IndexChanges {
  private(set) var added: [Listed] = []
  private(set) var removed: [Listed] = []

  mutating func note(_ now: Listed?, instead was: Listed?) {
    if was == now { return }
    if let now, !now.isDeleted {
      added.append(now)
    } else if let was, !was.isDeleted, now == nil || now?.member == was.member {
      // An item that was replaced by another stays listed, whatever happens to the other.
      removed.append(was)
    }
  }
}

extension Commit {
  mutating func write(_ index: IndexChanges, in shard: Shard) {
    if let entity = index.added.first?.entity {
      add { words in
        words.add("ZADD")
        words.add(Key.index(of: entity, in: shard))
        for item in index.added {
          words.add(item.id)
          words.add(item.member)
        }
      }
    }
    if let entity = index.removed.first?.entity {
      add { words in
        words.add("ZREM")
        words.add(Key.index(of: entity, in: shard))
        for item in index.removed { words.add(item.member) }
      }
    }
  }
}
