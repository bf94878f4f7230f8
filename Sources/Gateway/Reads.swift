import Lanes
import Layout
import Market
import Redis

/// Reads what there is: every item in at most two round trips, every page in two.
struct Reads: Sendable {
  /// How many items may be sorted by a field that has no index.
  static let sortable = 10_000

  let redis: RedisClient
  let shards: Int

  /// A reserve, trade or inventory. Throws a 404 where there is none, or it was deleted.
  func item(_ entity: Entity, _ id: Int) async throws -> Fields {
    var ask = Commands()
    ask.add("GET", Key.directory(entity, id: id))
    let missing = Problem(
      .notFound, Refusal.notFound.rawValue, "id \(id) names no \(entity.rawValue) that is known here.",
      field: "id",
      message: Refusal.notFound.message)
    guard let productid = try await redis.send(ask).first?.get().integer else { throw missing }
    let shard = Shard.of(productid: productid, among: shards)
    let key =
      switch entity {
      case .reserve: Key.reservation(id, in: shard)
      case .trade: Key.trade(id, in: shard)
      case .inventory: Key.stock(productid, in: shard)
      }
    guard let fields = try await hash(key), fields["id"] == String(id) else { throw missing }
    return fields
  }

  func notice(_ id: String) async throws -> Fields {
    guard let fields = try await hash(Key.notice(id)) else {
      throw Problem(.notFound, "notFound", "There is no notice \(id).", message: Refusal.notFound.message)
    }
    return fields
  }

  func page(_ listing: Listing, _ request: PageRequest) async throws -> Page {
    // A field without an index is sorted here, which takes all items.
    let sort = request.sort.flatMap { $0.field == "id" && !listing.newestFirst ? nil : $0 }
    if let sort, listing.shape.isNumber(sort.field) == nil {
      throw Problem(
        .badRequest, "badSort", "\(listing.shape.collection) have no field \(sort.field).", field: "sort")
    }
    let isReversed = listing.newestFirst || sort == nil && request.sort?.isDescending == true
    let (total, keys) = try await keys(
      listing, first: sort == nil ? request.range.upperBound : Self.sortable, isReversed: isReversed)
    if sort != nil, total > Self.sortable {
      throw Problem(
        .badRequest, "tooManyToSort",
        "\(total) \(listing.shape.collection) are too many to sort by that field; the limit is \(Self.sortable).",
        field: "sort")
    }
    guard let sort else {
      let wanted = keys[request.range.clamped(to: 0..<keys.count)]
      return Page(request: request, rows: try await rows(wanted), total: total)
    }
    let sorted = listing.shape.sorted(try await rows(keys[...]), by: sort)
    let wanted = sorted[request.range.clamped(to: 0..<sorted.count)]
    return Page(request: request, rows: Array(wanted), total: total)
  }

  /// How many items a collection has, and where the first ones stand, over all its sources.
  private func keys(
    _ listing: Listing, first: Int, isReversed: Bool
  ) async throws -> (total: Int, keys: [String]) {
    var ask = Commands()
    for source in listing.sources {
      ask.add("ZCARD", source.index)
      var words = Words("ZRANGE", source.index, "0", String(first - 1))
      if isReversed { words.add("REV") }
      words.add("WITHSCORES")
      ask.add(words)
    }
    let replies = try await redis.send(ask)
    var total = 0
    var found: [(score: Double, key: String)] = []
    for (place, source) in listing.sources.enumerated() {
      total += try replies[place * 2].get().integer ?? 0
      for (member, score) in Fields(pairs: try replies[place * 2 + 1].get()) {
        found.append((Double(score) ?? 0, source.row(member)))
      }
    }
    if listing.sources.count > 1 { found.sort { isReversed ? $0 > $1 : $0 < $1 } }
    return (total, found.prefix(first).map(\.key))
  }

  private func rows(_ keys: ArraySlice<String>) async throws -> [Fields] {
    var ask = Commands()
    for key in keys { ask.add("HGETALL", key) }
    return try await redis.send(ask).compactMap { Self.visible(try $0.get()) }
  }

  private func hash(_ key: String) async throws -> Fields? {
    var ask = Commands()
    ask.add("HGETALL", key)
    return try await redis.send(ask).first.flatMap { Self.visible(try $0.get()) }
  }

  private static func visible(_ reply: Reply) -> Fields? {
    let fields = Fields(pairs: reply)
    return fields.isEmpty || fields["deleted"] == "1" ? nil : fields
  }
}

extension Shape {
  /// Rows in the order of a field, numbers by their value; rows that are equal keep their order.
  func sorted(_ rows: [Fields], by sort: PageRequest.Sort) -> [Fields] {
    func order<Value: Comparable>(_ value: (Fields) -> Value) -> [Fields] {
      let all = rows.map { (value: value($0), row: $0) }
      return all.sorted { sort.isDescending ? $0.value > $1.value : $0.value < $1.value }.map(\.row)
    }
    if isNumber(sort.field) == true { return order { $0[sort.field].flatMap { Int($0) } ?? 0 } }
    return order { $0[sort.field] ?? "" }
  }
}
