import Market
import Synchronization

/// New ids that a process has taken from the counters ahead of need, so that most requests need not ask for one.
///
/// What is left when the process ends is never used: ids are unique, not without gaps.
public final class IDBlocks: Sendable {
  /// How many ids are taken together.
  static let size = 64

  private let left = Mutex<[Entity: [ClosedRange<Int>]]>([:])

  public init() {}

  /// The next id; nil where none is left.
  func next(_ entity: Entity) -> Int? {
    left.withLock { left in
      guard let block = left[entity]?.first else { return nil }
      if block.count == 1 {
        left[entity]?.removeFirst()
      } else {
        left[entity]?[0] = (block.lowerBound + 1)...block.upperBound
      }
      return block.lowerBound
    }
  }

  func add(_ block: ClosedRange<Int>, of entity: Entity) {
    left.withLock { $0[entity, default: []].append(block) }
  }

  /// Forgets what is left: people have chosen ids around there.
  func clear(_ entity: Entity) {
    left.withLock { $0[entity] = nil }
  }
}
