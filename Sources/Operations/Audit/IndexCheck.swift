import Keys
import Lanes
import Market
import Redis

/// Checks that a shard's indexes list exactly the existing items, and that the directory leads to them.
struct IndexCheck {
  private struct Item {
    let id: Int
    let member: Int
    let productid: Int
  }

  let shard: Shard
  private var items: [Entity: [Item]] = [:]
  /// Items that are marked as deleted and no longer listed.
  private var deleted: [Entity: [Item]] = [:]

  init(_ shard: Shard) { self.shard = shard }

  mutating func take(_ reservation: Reservation) {
    let id = reservation.deal.reserveid
    let item = Item(id: id, member: id, productid: reservation.deal.productid)
    take(item, of: .reserve, isDeleted: reservation.isDeleted)
  }

  mutating func take(_ listing: Listing) {
    let item = Item(id: listing.id, member: listing.id, productid: listing.productid)
    take(item, of: .trade, isDeleted: listing.isDeleted)
  }

  mutating func take(_ stock: Stock) {
    let level = stock.level
    let item = Item(id: level.id, member: level.productid, productid: level.productid)
    take(item, of: .inventory, isDeleted: false)
  }

  private mutating func take(_ item: Item, of entity: Entity, isDeleted: Bool) {
    if isDeleted {
      deleted[entity, default: []].append(item)
    } else {
      items[entity, default: []].append(item)
    }
  }

  /// Compares everything that was taken.
  ///
  /// - Parameters:
  ///   - traced: The ids of all inventories that there ever were.
  ///   - position: The last entry of the journal.
  func finish(
    withdrawn traced: Set<Int>, at position: EntryID, on connection: any RedisLink,
    _ counters: inout CounterCheck, _ findings: inout Findings
  ) throws(RedisError) {
    // Inventories of older releases have no trace, and no command id in the directory.
    var registered: [Item] = []
    for entity in Entity.allCases {
      let items = items[entity] ?? []
      try compare(items, of: entity, at: position, on: connection, &findings)
      let known = items + (deleted[entity] ?? [])
      let withdrawn =
        entity == .inventory ? try withdrawn(traced.subtracting(known.map(\.id)), on: connection) : []
      try connection.askEach(known + withdrawn) {
        RESPWords("GET", Key.directory(entity, id: $0.id))
      } _: { (item, reply) throws(RedisError) in
        let owner = try reply.get().text.flatMap { DirectoryEntry($0) }
        if let owner { counters.take(item.id, of: entity, owner) }
        if owner?.productid != item.productid {
          findings.addWhenIdle(
            .directory, Key.directory(entity, id: item.id),
            "It is \(shown(reply.text)), but the \(entity.rawValue) is of product \(item.productid).")
          // As older releases wrote it: which command had claimed the id is not known.
          if reply.isNull {
            let entry = DirectoryEntry(productid: item.productid, commandid: nil, isMade: false)
            findings.add(.text(key: Key.directory(entity, id: item.id), value: entry.text))
          }
        } else if entity == .inventory, owner?.commandid != nil {
          registered.append(item)
        }
      }
    }
    try connection.askEach(registered) {
      RESPWords("GET", Key.trace(of: .inventory, id: $0.id, in: shard))
    } _: { (item, reply) throws(RedisError) in
      guard try reply.get().integer != item.productid else { return }
      findings.addWhenIdle(
        .directory, Key.trace(of: .inventory, id: item.id, in: shard),
        "It is \(shown(reply.text)), but the inventory is of product \(item.productid).")
      if reply.isNull {
        findings.add(
          .text(key: Key.trace(of: .inventory, id: item.id, in: shard), value: "\(item.productid)"))
      }
    }
  }

  /// Returns the withdrawn inventories among those with these ids, whose stocks are gone.
  private func withdrawn(_ ids: Set<Int>, on connection: any RedisLink) throws(RedisError) -> [Item] {
    var items: [Item] = []
    try connection.askEach(ids.sorted()) {
      RESPWords("GET", Key.trace(of: .inventory, id: $0, in: shard))
    } _: { (id, reply) throws(RedisError) in
      guard let productid = try reply.get().integer else { return }
      items.append(Item(id: id, member: productid, productid: productid))
    }
    return items
  }

  private func compare(
    _ items: [Item], of entity: Entity, at position: EntryID, on connection: any RedisLink,
    _ findings: inout Findings
  ) throws(RedisError) {
    let key = Key.index(of: entity, in: shard)
    var scores: [String: Int] = [:]
    for (member, score) in try connection.members(of: key) { scores[member] = score }
    for item in items {
      let score = scores.removeValue(forKey: "\(item.member)")
      guard score != item.id else { continue }
      let found = score.map { "has the score \($0)" } ?? "is missing"
      findings.addWhenIdle(.index, key, "\(item.member) \(found): \(entity.rawValue) \(item.id) exists.")
      if score == nil {
        findings.add(
          .place(index: key, member: item.member, score: item.id, shard: shard, position: position))
      }
    }
    for (member, _) in scores {
      findings.addWhenIdle(
        .index, key, "\(member) is listed, but there is no such \(entity.rawValue), or it is deleted.")
    }
  }
}
