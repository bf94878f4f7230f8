import Market
import Synchronization

/// The ids that clients have seen, so that they can use them in requests.
final class Catalogue: Sendable {
  private struct Shelf: Hashable {
    let entity: Entity
    let product: Int
  }

  private let shelves = Mutex<[Shelf: [Int]]>([:])

  func add(_ id: Int, _ entity: Entity, product: Int) {
    shelves.withLock { $0[Shelf(entity: entity, product: product), default: []].append(id) }
  }

  /// Records the id of an item that can have been refused; a product's first one seldom is.
  func guess(_ id: Int, _ entity: Entity, product: Int) {
    shelves.withLock { shelves in
      let shelf = Shelf(entity: entity, product: product)
      if entity == .reserve || shelves[shelf] == nil { shelves[shelf, default: []].append(id) }
    }
  }

  /// Returns the id of one of the product's items.
  func id(of entity: Entity, product: Int, _ place: Int) -> Int? {
    shelves.withLock { shelves in
      guard let ids = shelves[Shelf(entity: entity, product: product)], let last = ids.last else {
        return nil
      }
      return entity == .trade && place % 3 > 0 ? last : ids[place % ids.count]
    }
  }
}
