import Keys
import Lanes
import Market
import Redis

/// What the memory of Redis is used for, estimated from some keys.
///
/// Streams are few and large, so those of some shards are measured one by one. Of the other keys, all are measured while
/// they are few; else some are drawn.
package struct MemoryUse: Encodable, Sendable {
  /// Keys of one kind, such as `events` or `reserve`.
  package struct Kind: Encodable, Sendable {
    package let kind: String
    /// All of its keys together, in bytes.
    package let bytes: Int
  }

  /// How many shards' streams are measured at most.
  private static let measuredShards = 64
  /// How many keys of each server are measured at most: all of them, or as many as are drawn.
  private static let (few, drawn) = (10_000, 2_000)

  /// What Redis uses, on all servers that have data, in bytes (`used_memory`).
  package private(set) var used = 0
  /// What it may use (`maxmemory`, or all memory of the machine); nil if a server tells neither.
  package private(set) var limit: Int?
  package private(set) var keys = 0
  /// The kinds, the largest first.
  package private(set) var kinds: [Kind] = []

  package init(_ connection: any RedisLink) throws {
    let shards = try connection.shardCount()
    var bytes: [String: Double] = [:]
    let measured = (0..<min(shards, Self.measuredShards)).map { Shard($0) }
    var streams: [(kind: String, key: String, weight: Double)] = []
    let weight = Double(shards) / Double(measured.count)
    for shard in measured {
      let own =
        [
          ("events", Key.journal(of: shard)), ("status", Key.status(of: shard)),
          ("archive", Key.archive(of: shard)),
          ("deadletters", LaneName(worker: "", tag: shard.tag).deadLetters),
        ] + DecidingWorker.allCases.map { ($0.commands, Key.commands($0, in: shard)) }
      streams += own.map { ($0, $1, weight) }
    }
    for worker in DecidingWorker.allCases {
      let inlet = Key.inlet(worker)
      streams.append((worker.commands, inlet, 1))
      streams.append(("deadletters", LaneName(worker: "", tag: "{\(inlet)}").deadLetters, 1))
    }
    try connection.askEach(streams) {
      RESPWords("MEMORY", "USAGE", $0.key)
    } _: { (stream, reply) throws(RedisError) in
      bytes[stream.kind, default: 0] += Double(try reply.get().integer ?? 0) * stream.weight
    }
    let isMeasured = Set(streams.map(\.kind))
    let servers = try connection.eachMaster { (node, server) throws(RedisError) in
      try Self.draw(from: server, node)
    }
    for server in servers {
      used += server.memory.used
      keys += server.keys
      let others = server.drawn.filter { !isMeasured.contains($0.kind) }
      for (kind, size) in others {
        bytes[kind, default: 0] += Double(size) * Double(server.keys) / Double(max(1, server.drawn.count))
      }
    }
    let limits = servers.map(\.memory.limit)
    limit = limits.contains(0) ? nil : limits.reduce(0, +)
    kinds = bytes.filter { $0.value > 0 }.map { Kind(kind: $0.key, bytes: Int($0.value)) }
      .sorted { ($0.bytes, $1.kind) > ($1.bytes, $0.kind) }
  }

  private struct Server {
    let memory: MasterMemory
    let keys: Int
    var drawn: [(kind: String, size: Int)] = []
  }

  private static func draw(
    from connection: RedisConnection, _ node: RedisNode?
  ) throws(RedisError) -> Server {
    var ask = Commands("INFO", "memory")
    ask.add("DBSIZE")
    let replies = try connection.exchange(ask)
    var server = Server(
      memory: MasterMemory(node, info: try replies[0].get()), keys: try replies[1].get().integer ?? 0)
    var keys: Set<String> = []
    if server.keys <= few {
      try connection.scanPages { keys.formUnion($0) }
    } else {
      var draw = Commands()
      for _ in 0..<drawn { draw.add("RANDOMKEY") }
      for reply in try connection.exchange(draw) { if let key = try reply.get().text { keys.insert(key) } }
    }
    try connection.askEach(Array(keys)) {
      RESPWords("MEMORY", "USAGE", $0)
    } _: { (key, reply) throws(RedisError) in
      server.drawn.append((Keyspace.Name(key).kind, try reply.get().integer ?? 0))
    }
    return server
  }
}
