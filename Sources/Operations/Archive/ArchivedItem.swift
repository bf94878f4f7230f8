import Keys
import Lanes
import Market
import Redis

/// Something that has left, looked up wherever its record can be.
package struct ArchivedItem: Sendable {
  package let entity: Entity
  package let id: Int
  package let productid: Int
  package let shard: Shard
  /// The day on which it left, in UTC.
  package let day: String
  /// The record; nil if it is neither in Redis any more nor in the folder.
  package private(set) var record: ArchiveRecord?
  /// Whether the record is still in Redis.
  package private(set) var isInRedis = false

  /// Looks it up; nil if nothing has left under this id.
  ///
  /// - Parameter folder: where its record is looked up if it is no longer in Redis.
  package init?(
    _ entity: Entity, _ id: Int, _ connection: any RedisLink, in folder: ArchiveFolder? = nil
  ) throws {
    guard let productid = try connection.product(of: entity, id: id) else { return nil }
    let shard = Shard.of(productid: productid, among: try connection.shardCount())
    guard let day = try connection.call("HGET", Key.archived(entity, id: id, in: shard), "\(id)").string
    else {
      return nil
    }
    (self.entity, self.id, self.productid, self.shard, self.day) = (entity, id, productid, shard, day)
    func isIt(_ record: ArchiveRecord) -> Bool { record.entity == entity && record.id == id }
    try connection.eachArchived(of: shard) { if isIt($0) { record = $0 } }
    isInRedis = record != nil
    if record == nil { try folder?.each(of: shard, since: day) { if isIt($0) { record = $0 } } }
  }
}

extension RedisLink {
  /// Returns the product of an item that is there or has left; nil if the id is unknown.
  func product(of entity: Entity, id: Int) throws(RedisError) -> Int? {
    var ask = Commands("GET", Key.directory(entity, id: id))
    ask.add("HGET", Key.directory(archived: entity, id: id), "\(id)")
    let found = try exchange(ask)
    let present = try found.first?.get().string.flatMap { DirectoryEntry($0) }?.productid
    if let present { return present }
    return try found.last?.get().integer
  }

  /// Passes all records that a shard's archive still has in Redis to `body`.
  func eachArchived(of shard: Shard, _ body: (ArchiveRecord) throws -> Void) throws {
    var failure: (any Error)?
    try readPages(of: Key.archive(of: shard)) { (page) throws(RedisError) in
      if failure != nil { return }
      let done = Result { for entry in page { try body(try ArchiveRecord(entry, in: shard)) } }
      if case .failure(let error) = done { failure = error }
    }
    if let failure { throw failure }
  }
}
