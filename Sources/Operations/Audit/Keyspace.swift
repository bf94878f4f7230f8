import Keys
import Lanes
import Market
import Redis

/// All keys of the system, as found by one scan: what exists in each shard, and how much memory it takes.
struct Keyspace {
  private static let samples = 200

  /// What exists in a shard, whether or not an index lists it.
  struct Contents {
    var reservations: Set<Int> = []
    var products: Set<Int> = []
    var trades: Set<Int> = []
    var stocks: Set<Int> = []
    /// The ids of inventories, of withdrawn ones too.
    var inventories: Set<Int> = []
    /// The keys of what remains of things that have left.
    var tombstones: Set<String> = []
  }

  private(set) var contents: [Shard: Contents] = [:]
  private(set) var memory: [String: KindOfKey] = [:]

  mutating func take(
    _ keys: [String], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var sampled: [(kind: String, key: String)] = []
    var typed: [(key: String, type: String)] = []
    for key in keys {
      let name = Name(key)
      if let type = name.type { typed.append((key, type)) }
      if let index = name.shard, let id = name.id {
        switch name.kind {
        case "reserve": contents[Shard(index), default: Contents()].reservations.insert(id)
        case "product": contents[Shard(index), default: Contents()].products.insert(id)
        case "trade": contents[Shard(index), default: Contents()].trades.insert(id)
        case "stock": contents[Shard(index), default: Contents()].stocks.insert(id)
        case "inventory": contents[Shard(index), default: Contents()].inventories.insert(id)
        default: break
        }
      }
      if let index = name.shard, name.kind == "archived" {
        contents[Shard(index), default: Contents()].tombstones.insert(key)
      }
      memory[name.kind, default: KindOfKey()].keys += 1
      if memory[name.kind]?.keys ?? 0 <= Self.samples { sampled.append((name.kind, key)) }
    }
    try connection.askEach(typed) {
      RESPWords("TYPE", $0.key)
    } _: { (item, reply) throws(RedisError) in
      guard let type = try reply.get().text, type != item.type, type != "none" else { return }
      findings.add(.unreadable, item.key, "It is a \(type), where only a \(item.type) can be.")
    }
    try connection.askEach(sampled) {
      RESPWords("MEMORY", "USAGE", $0.key)
    } _: { (item, reply) throws(RedisError) in
      guard let bytes = try reply.get().integer else { return }
      memory[item.kind, default: KindOfKey()].add(sample: bytes)
    }
  }

  /// A parsed key name.
  struct Name {
    let kind: String
    /// The shard and the id in `{3}:reserve:12`.
    var shard: Int?
    var id: Int?
    let isTagged: Bool

    /// The Redis type of such a key; nil for a key that the system does not know.
    var type: String? {
      switch kind {
      case "events", "status", "replies", "deadletters", "archive", Key.operatorLog: "stream"
      case _ where kind.hasSuffix(".commands"): "stream"
      case "reserve", "product", "trade", "stock", "cursor", "attempts", "halt", "mypage rows", "archived",
        "directory", Key.format, Key.epoch, Key.lastBackup, Key.forgotten, Key.memory:
        "hash"
      case "reserves", "trades", "inventories", "mypage", "replicas", "timers", "ended": "zset"
      case "notices": isTagged ? "list" : "hash"
      case "operation", "lease", "seller", "inventory", "id", "ids", "request", Key.shardCount,
        Key.rebuildLock:
        "string"
      default: nil
      }
    }

    init(_ key: String) {
      // By bytes: a user's id can begin with a combining mark, which forms one `Character` with the colon.
      let colon = UInt8(ascii: ":")
      isTagged = key.utf8.first == UInt8(ascii: "{")
      guard isTagged, let end = key.utf8.firstIndex(of: UInt8(ascii: "}")) else {
        let first = String(Substring(key.utf8.prefix { $0 != colon }))
        // Of those of the whole system there is one each.
        kind = first == "handover" ? key : first
        return
      }
      let parts = key.utf8[end...].dropFirst(2).split(separator: colon, maxSplits: 1).map { Substring($0) }
      let kind = parts.first.map(String.init) ?? ""
      // The users' my page lists begin with `mypage` too.
      self.kind = kind == "mypage" ? "mypage rows" : kind
      shard = Int(Substring(key.utf8[..<end].dropFirst()))
      if parts.count == 2 { id = Int(parts[1]) }
    }
  }
}

/// The number of keys of one kind, and their memory, estimated from a sample.
package struct KindOfKey: Sendable {
  package fileprivate(set) var keys = 0
  private var sampled = 0
  private var sampledBytes = 0

  /// The memory of all keys of the kind in bytes, from the average of the sample.
  package var bytes: Int { sampled == 0 ? 0 : Int(Double(sampledBytes) / Double(sampled) * Double(keys)) }

  fileprivate mutating func add(sample bytes: Int) {
    sampled += 1
    sampledBytes += bytes
  }
}
