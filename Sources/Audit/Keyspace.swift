import Lanes
import Layout
import Market
import Redis

/// All keys of the system, as one scan found them: what exists in each shard, and what it all weighs.
struct Keyspace {
  private static let samples = 200

  /// What exists in a shard, also what no index lists.
  struct Contents {
    var reservations: Set<Int> = []
    var products: Set<Int> = []
    var trades: Set<Int> = []
    var stocks: Set<Int> = []
  }

  private(set) var contents: [Shard: Contents] = [:]
  private(set) var memory: [String: KindOfKey] = [:]

  mutating func take(_ keys: [String], on connection: RedisConnection) throws(RedisError) {
    var sampled: [(kind: String, key: String)] = []
    for key in keys {
      let name = Name(key)
      if let index = name.shard, let id = name.id {
        switch name.kind {
        case "reserve": contents[Shard(index), default: Contents()].reservations.insert(id)
        case "product": contents[Shard(index), default: Contents()].products.insert(id)
        case "trade": contents[Shard(index), default: Contents()].trades.insert(id)
        case "stock": contents[Shard(index), default: Contents()].stocks.insert(id)
        default: break
        }
      }
      memory[name.kind, default: KindOfKey()].keys += 1
      if memory[name.kind]?.keys ?? 0 <= Self.samples { sampled.append((name.kind, key)) }
    }
    try connection.askEach(sampled) {
      Words("MEMORY", "USAGE", $0.key)
    } _: { (item, reply) throws(RedisError) in
      guard let bytes = try reply.get().integer else { return }
      memory[item.kind, default: KindOfKey()].add(sample: bytes)
    }
  }

  /// A key's name taken apart.
  private struct Name {
    let kind: String
    /// The shard and the id in `{3}:reserve:12`.
    var shard: Int?
    var id: Int?

    init(_ key: String) {
      guard key.first == "{", let end = key.range(of: "}:") else {
        kind = String(key.prefix { $0 != ":" })
        return
      }
      let parts = key[end.upperBound...].split(separator: ":", maxSplits: 1)
      let kind = parts.first.map(String.init) ?? ""
      // My page's lists have that name too.
      self.kind = kind == "mypage" ? "mypage rows" : kind
      shard = Int(key[key.index(after: key.startIndex)..<end.lowerBound])
      if parts.count == 2 { id = Int(parts[1]) }
    }
  }
}

/// How many keys of a kind there are, and what they weigh by a sample.
public struct KindOfKey: Sendable {
  public fileprivate(set) var keys = 0
  private var sampled = 0
  private var sampledBytes = 0

  /// All of them together, in bytes, from the average of the sample.
  public var bytes: Int { sampled == 0 ? 0 : Int(Double(sampledBytes) / Double(sampled) * Double(keys)) }

  fileprivate mutating func add(sample bytes: Int) {
    sampled += 1
    sampledBytes += bytes
  }
}
