import Keys
import Lanes
import Market
import Redis

/// Checks what remains of the things that have left: a tombstone in their shard, which keeps their ids from meaning
/// something else, and the small entry of the directory that leads there.
struct ArchiveCheck {
  private struct Left {
    let entity: Entity
    let id: Int
    let productid: Int
    let day: String
  }

  private struct Tombstone {
    let key: String
    let entity: Entity
    let id: Int
  }

  let shard: Shard
  private var left: [Left] = []

  init(_ shard: Shard) { self.shard = shard }

  mutating func take(_ entry: JournalEntry) {
    guard let id = entry.event.archivedID else { return }
    left.append(
      Left(
        entity: entry.event.author.entity, id: id, productid: entry.event.productid,
        day: String(entry.position.timestamp.prefix(10))))
  }

  /// Compares what the journal let leave, and all tombstones of the shard, with what is stored.
  ///
  /// - Parameter keys: The keys of the tombstones.
  func finish(
    tombstones keys: Set<String>, shards: Int, on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    try connection.askEach(left) {
      RESPWords("HEXISTS", Key.archived($0.entity, id: $0.id, in: shard), "\($0.id)")
    } _: { (thing, reply) throws(RedisError) in
      guard try reply.get().integer != 1 else { return }
      let key = Key.archived(thing.entity, id: thing.id, in: shard)
      findings.addWhenIdle(
        .archive, key,
        "\(thing.id) is missing: the \(thing.entity.rawValue) has left, and the id could be used again.")
      findings.add(.field(key: key, name: "\(thing.id)", value: thing.day))
    }
    try connection.askEach(left) {
      RESPWords("HGET", Key.directory(archived: $0.entity, id: $0.id), "\($0.id)")
    } _: { (thing, reply) throws(RedisError) in
      guard try reply.get().integer != thing.productid else { return }
      let key = Key.directory(archived: thing.entity, id: thing.id)
      findings.addWhenIdle(
        .archive, key,
        "\(thing.id) is \(shown(reply.text)), but the \(thing.entity.rawValue) that left was of product \(thing.productid)."
      )
      if reply.isNull { findings.add(.field(key: key, name: "\(thing.id)", value: "\(thing.productid)")) }
    }
    try connection.scanPages(by: "HSCAN", of: keys.sorted()) { (page) throws(RedisError) in
      try check(page, shards: shards, on: connection, &findings)
    }
  }

  private func check(
    _ page: [(key: String, name: String)], shards: Int, on connection: any RedisLink,
    _ findings: inout Findings
  ) throws(RedisError) {
    var tombstones: [Tombstone] = []
    for (key, name) in page {
      let entity = Entity.allCases.first { entity in
        Int(name).map { Key.archived(entity, id: $0, in: shard) == key } ?? false
      }
      if let entity, let id = Int(name) {
        tombstones.append(Tombstone(key: key, entity: entity, id: id))
      } else {
        findings.addWhenIdle(.archive, key, "\(shown(name)) is no id of something that has left.")
      }
    }
    try connection.askEach(tombstones) {
      RESPWords("EXISTS", Key.trace(of: $0.entity, id: $0.id, in: shard))
    } _: { (tombstone, reply) throws(RedisError) in
      guard try reply.get().integer == 1 else { return }
      findings.addWhenIdle(
        .archive, tombstone.key,
        "\(tombstone.id) has left, but the \(tombstone.entity.rawValue) is still there.")
    }
    try connection.askEach(tombstones) {
      RESPWords("HGET", Key.directory(archived: $0.entity, id: $0.id), "\($0.id)")
    } _: { (tombstone, reply) throws(RedisError) in
      let productid = try reply.get().integer
      guard productid.map({ Shard.of(productid: $0, among: shards) != shard }) ?? true else { return }
      findings.addWhenIdle(
        .archive, Key.directory(archived: tombstone.entity, id: tombstone.id),
        "\(tombstone.id) is \(shown(reply.text)), which does not lead to shard \(shard.index), where it has left."
      )
    }
  }

  /// Checks that whatever the directory has as gone is gone.
  ///
  /// - Parameter keys: Any keys of the system.
  static func check(
    directoryIn keys: [String], shards: Int, on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var entries: [(key: String, entity: Entity, id: Int, productid: Int)] = []
    for key in keys where Keyspace.Name(key).kind == "directory" {
      for (name, value) in try connection.ask("HGETALL", key).pairs {
        let entity = Entity.allCases.first { entity in
          Int(name).map { Key.directory(archived: entity, id: $0) == key } ?? false
        }
        if let entity, let id = Int(name), let productid = Int(value) {
          entries.append((key, entity, id, productid))
        } else {
          findings.addWhenIdle(.archive, key, "\(shown(name)) is \(shown(value)): no id and its product.")
        }
      }
    }
    try connection.askEach(entries) { entry in
      let shard = Shard.of(productid: entry.productid, among: shards)
      return RESPWords("HEXISTS", Key.archived(entry.entity, id: entry.id, in: shard), "\(entry.id)")
    } _: { (entry, reply) throws(RedisError) in
      guard try reply.get().integer != 1 else { return }
      findings.addWhenIdle(
        .archive, entry.key,
        "\(entry.id) leads to product \(entry.productid), from where nothing has left under it.")
    }
  }
}
