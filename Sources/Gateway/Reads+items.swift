import Lanes
import Layout
import Market
import Redis

/// Which items a collection has, and what they are.
extension Reads {
  /// How many items there are, and the first of them.
  ///
  /// - Parameter isReversed: whether the last ids come first, where it is ids that give the order.
  func items(
    of contents: Listing.Contents, first: Int, isReversed: Bool
  ) async throws -> (total: Int, items: [Item]) {
    switch contents {
    case .aggregates(let entity, let shards):
      let (total, found) = try await members(
        of: (0..<shards).map { Key.index(of: entity, in: Shard($0)) }, first: first, isReversed: isReversed)
      return (total, found.map { .aggregate(key: Self.key(of: entity, Int($1) ?? 0, in: Shard($0))) })
    case .mypage(let userid):
      let (total, found) = try await members(of: [Key.mypage(of: userid)], first: first, isReversed: true)
      return (total, found.compactMap { MypageRowID($1).map { .mypageRow($0) } })
    case .notices(let userid):
      var ask = Commands()
      ask.add("HKEYS", Key.notices(of: userid))
      let names = try await redis.send(ask).first?.get().compactMap(\.string) ?? []
      let ids = names.compactMap { NoticeID(own: $0, of: userid) }.sorted(by: >)
      return (ids.count, ids.prefix(first).map { .notice($0) })
    case .newestNotices(let shards):
      var ask = Commands()
      for shard in 0..<shards {
        ask.add("LLEN", Key.notices(of: Shard(shard)))
        ask.add("LRANGE", Key.notices(of: Shard(shard)), "0", String(first - 1))
      }
      let replies = try await redis.send(ask)
      let total = try replies.reduce(0) { try $0 + ($1.get().integer ?? 0) }
      let ids = replies.flatMap { $0.compactMap { $0.string.flatMap { NoticeID($0) } } }.sorted(by: >)
      return (total, ids.prefix(first).map { .notice($0) })
    }
  }

  /// What the items are, without those that are gone. Those that share a hash are read together.
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
      var words = Words("HMGET", key, name)
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

  /// The hash of a reserve or trade by its id, of an inventory by its product's.
  static func key(of entity: Entity, _ id: Int, in shard: Shard) -> String {
    switch entity {
    case .reserve: Key.reservation(id, in: shard)
    case .trade: Key.trade(id, in: shard)
    case .inventory: Key.stock(id, in: shard)
    }
  }

  /// How many members sorted sets have together, and the first of them, each with its set's place.
  private func members(
    of sets: [String], first: Int, isReversed: Bool
  ) async throws -> (total: Int, members: [(set: Int, member: String)]) {
    var ask = Commands()
    for key in sets {
      ask.add("ZCARD", key)
      var words = Words("ZRANGE", key, "0", String(first - 1))
      if isReversed { words.add("REV") }
      words.add("WITHSCORES")
      ask.add(words)
    }
    let replies = try await redis.send(ask)
    var total = 0
    var found: [(score: Double, set: Int, member: String)] = []
    for set in sets.indices {
      total += try replies[set * 2].get().integer ?? 0
      for (member, score) in Fields(pairs: try replies[set * 2 + 1].get()) {
        found.append((Double(score) ?? 0, set, member))
      }
    }
    if sets.count > 1 { found.sort { isReversed ? $0 > $1 : $0 < $1 } }
    return (total, found.prefix(first).map { ($0.set, $0.member) })
  }
}
