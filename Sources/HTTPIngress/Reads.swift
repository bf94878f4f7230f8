import Keys
import Lanes
import Market
import Redis

/// Reads items and pages: an item in at most two round trips, a page in two.
struct Reads: Sendable {
  /// The largest collection that can be sorted by a field without an index, which reads all of its items: as many as
  /// the largest page.
  static let sortable = PageRequest.largestSize
  /// How many notices of all users can be read. Every shard keeps so many, so that older ones would have gaps.
  static let newest = PageRequest.largestSize

  let redis: RedisClient
  let shards: Int

  /// Returns a reserve, trade or inventory. Throws a 404 if there is none, or it was deleted.
  func item(_ entity: Entity, _ id: Int) async throws -> Fields {
    let missing = Problem(
      .refusal(.notFound), "id \(id) names no \(entity.rawValue) that is known here.",
      field: "id",
      message: Refusal.notFound.message)
    guard let productid = try await productid(of: entity, id) else { throw missing }
    let shard = Shard.of(productid: productid, among: shards)
    let key = Self.key(of: entity, entity == .inventory ? productid : id, in: shard)
    guard let fields = try await read([.aggregate(key: key)]).first, fields["id"] == String(id) else {
      throw missing
    }
    return fields
  }

  /// Returns the product that an id belongs to; nil if the id is unknown.
  private func productid(of entity: Entity, _ id: Int) async throws -> Int? {
    let found = try await redis.send(Commands("GET", Key.directory(entity, id: id))).first?.get().string
    return found.flatMap { DirectoryEntry($0) }?.productid
  }

  /// Returns where the archive has an item that is not found here; nil if it is not there either.
  func archived(_ entity: Entity, _ id: Int) async throws -> ArchivePlace? {
    var ask = Commands("GET", Key.directory(entity, id: id))
    ask.add("HGET", Key.directory(archived: entity, id: id), "\(id)")
    let found = try await redis.send(ask)
    // Right after it has left, the directory does not know that yet.
    let present = try found.first?.get().string.flatMap { DirectoryEntry($0) }?.productid
    guard let productid = try present ?? found.last?.get().integer else { return nil }
    let shard = Shard.of(productid: productid, among: shards)
    let tombstone = Commands("HGET", Key.archived(entity, id: id, in: shard), "\(id)")
    let day = try await redis.send(tombstone).first?.get().string
    return day.map { ArchivePlace(day: $0, shard: shard.index) }
  }

  /// Returns what is stored of a reservation, also of one that was removed from the lists; nothing if there is none.
  func reservation(_ id: Int) async throws -> Fields {
    guard let productid = try await productid(of: .reserve, id) else { return [:] }
    let key = Key.reservation(id, in: .of(productid: productid, among: shards))
    return try await redis.send(Commands("HGETALL", key)).first.map { try Fields(reading: $0.get()) } ?? [:]
  }

  func notice(_ id: String) async throws -> Fields {
    guard let known = NoticeID(id), let fields = try await read([.notice(known)]).first else {
      throw Problem(.refusal(.notFound), "There is no notice \(id).", message: Refusal.notFound.message)
    }
    return fields
  }

  func page(_ listing: CollectionQuery, _ request: PageRequest) async throws -> Page {
    // A field without an index is sorted here, which needs all items.
    let sort = listing.unindexed(request.sort)
    if let sort, listing.resource.isNumber(sort.field) == nil {
      throw Problem(
        .badSort, "\(listing.resource.collection) have no field \(sort.field).", field: "sort",
        message: "정렬할 수 없는 항목입니다: \(sort.field)")
    }
    let isReversed = listing.newestFirst || sort == nil && request.sort?.isDescending == true
    guard let sort else {
      let (total, items) = try await items(of: listing.contents, at: request.range, isReversed: isReversed)
      return Page(request: request, rows: try await read(items), total: total)
    }
    let total = try await count(of: listing.contents)
    guard total <= Self.sortable else {
      throw Problem(
        .tooManyToSort,
        """
        \(total) \(listing.resource.collection) are too many to sort by \(sort.field); the limit is \(Self.sortable). \
        Read them page by page, in their own order.
        """,
        field: "sort",
        message: "\(Self.sortable)개가 넘어서 \(sort.field) 항목으로 정렬할 수 없습니다.")
    }
    let (_, items) = try await items(of: listing.contents, at: 0..<Self.sortable, isReversed: isReversed)
    let sorted = listing.resource.sorted(try await read(items), by: sort)
    let wanted = sorted[request.range.clamped(to: 0..<sorted.count)]
    return Page(request: request, rows: Array(wanted), total: total)
  }
}

extension Resource {
  /// Returns the rows sorted by a field, numbers by value; equal rows keep their order.
  func sorted(_ rows: [Fields], by sort: PageRequest.Sort) -> [Fields] {
    func order<Value: Comparable>(_ value: (Fields) -> Value) -> [Fields] {
      let all = rows.map { (value: value($0), row: $0) }
      return all.sorted { sort.isDescending ? $0.value > $1.value : $0.value < $1.value }.map(\.row)
    }
    if isNumber(sort.field) == true { return order { $0[sort.field].flatMap { Int($0) } ?? 0 } }
    return order { $0[sort.field] ?? "" }
  }
}
