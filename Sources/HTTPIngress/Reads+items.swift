import Keys
import Lanes
import Market
import Redis

/// Lists and reads the items of a collection.
extension Reads {
  /// Returns the number of items, and the items at the given positions.
  ///
  /// - Parameter isReversed: whether the highest ids come first, in a collection ordered by id.
  func items(
    of contents: CollectionQuery.Contents, at places: Range<Int>, isReversed: Bool
  ) async throws -> (total: Int, items: [Item]) {
    switch contents {
    case .aggregates(let entity, _):
      let sets = SortedSets(redis: redis, keys: contents.keys)
      let (total, found) = try await sets.members(places, isReversed: isReversed)
      return (
        total, found.map { .aggregate(key: Self.key(of: entity, Int($0.name) ?? 0, in: Shard($0.set))) }
      )
    case .mypage, .reserves:
      let sets = SortedSets(redis: redis, keys: contents.keys)
      let (total, found) = try await sets.members(places, isReversed: true)
      let ids = found.compactMap { MypageRowID($0.name) }
      guard case .reserves = contents else { return (total, ids.map { .mypageRow($0) }) }
      return (total, ids.map { .aggregate(key: Self.key(of: .reserve, $0.reserveid, in: $0.shard)) })
    case .notices(let userid):
      var ask = Commands()
      for key in contents.keys { ask.add("HKEYS", key) }
      let names = try await redis.send(ask).first?.get().compactMap(\.string) ?? []
      let ids = names.compactMap { NoticeID(own: $0, of: userid) }.sorted(by: >)
      return (ids.count, ids[places.clamped(to: 0..<ids.count)].map { .notice($0) })
    case .newestNotices:
      let places = places.clamped(to: 0..<Self.newest)
      var ask = Commands()
      for key in contents.keys {
        ask.add("LLEN", key)
        if !places.isEmpty { ask.add("LRANGE", key, "0", String(places.upperBound - 1)) }
      }
      let replies = try await redis.send(ask)
      let total = min(try replies.reduce(0) { try $0 + ($1.get().integer ?? 0) }, Self.newest)
      let ids = replies.flatMap { $0.compactMap { $0.string.flatMap { NoticeID($0) } } }.sorted(by: >)
      return (total, ids[places.clamped(to: 0..<ids.count)].map { .notice($0) })
    }
  }

  /// Returns the number of items.
  func count(of contents: CollectionQuery.Contents) async throws -> Int {
    let command =
      switch contents {
      case .aggregates, .mypage, .reserves: "ZCARD"
      case .notices: "HLEN"
      case .newestNotices: "LLEN"
      }
    var ask = Commands()
    for key in contents.keys { ask.add(RESPWords(command, key)) }
    let total = try await redis.send(ask).reduce(0) { try $0 + ($1.get().integer ?? 0) }
    if case .newestNotices = contents { return min(total, Self.newest) }
    return total
  }

  /// Returns how many of a user's newest reservations wait, as my page knows.
  func waiting(of userid: String) async throws -> Int {
    let query = CollectionQuery.mypage(of: userid)
    let (_, newest) = try await items(of: query.contents, at: 0..<Self.sortable, isReversed: true)
    let isBuyer = { (fields: Fields) in fields["role"] == DealRole.buyer.rawValue }
    let waits = [Status.reserved, .waiting].map(\.rawValue)
    return try await read(newest).count { isBuyer($0) && waits.contains($0["status"] ?? "") }
  }

  /// Returns the fields of the items, without deleted ones. Items that share a hash are read together.
  func read(_ items: [Item]) async throws -> [Fields] {
    var ask = Commands()
    var together: [Range<Int>] = []
    var next = 0
    while next < items.count {
      let start = next
      let (key, name) = items[start].place
      next += 1
      guard let name else {
        ask.add("HGETALL", key)
        together.append(start..<next)
        continue
      }
      var words = RESPWords("HMGET", key, name)
      while next < items.count, case let (other, name?) = items[next].place,
        other.utf8.elementsEqual(key.utf8)
      {
        words.add(name)
        next += 1
      }
      ask.add(words)
      together.append(start..<next)
    }
    var rows: [Fields] = []
    for (range, reply) in zip(together, try await redis.send(ask)) {
      try reply.get()
      if case .aggregate = items[range.lowerBound] {
        if let row = items[range.lowerBound].fields(reply) { rows.append(row) }
      } else {
        rows += zip(items[range], reply).compactMap { item, found in item.fields(found) }
      }
    }
    return rows
  }

  /// Returns the key of an item's hash.
  ///
  /// - Parameter id: the id of a reserve or a trade; the product id of an inventory.
  static func key(of entity: Entity, _ id: Int, in shard: Shard) -> String {
    switch entity {
    case .reserve: Key.reservation(id, in: shard)
    case .trade: Key.trade(id, in: shard)
    case .inventory: Key.stock(id, in: shard)
    }
  }
}
