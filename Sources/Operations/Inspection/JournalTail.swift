import Keys
import Lanes
import Market
import Redis

/// Follows all journals of a system, merged.
package struct JournalTail {
  private let connection: RedisConnection
  private let shards: [Shard]
  private var positions: [String]

  /// Begins at the current end of every journal.
  package init(_ connection: RedisConnection) throws {
    self.connection = connection
    let count = try connection.shardCount()
    shards = (0..<count).map { Shard($0) }
    var ask = Commands()
    for shard in shards { ask.add("XREVRANGE", Key.journal(of: shard), "+", "-", "COUNT", "1") }
    positions = []
    for (shard, reply) in zip(shards, try connection.exchange(ask)) {
      positions.append(try reply.get(of: Key.journal(of: shard))[0]?[0]?.string ?? "0")
    }
  }

  /// How many events per shard are read at a time.
  package static let page = 1000

  /// Returns the next events in the order of their ids.
  ///
  /// - Parameter waits: whether to wait up to half a second for new events.
  package mutating func next(waits: Bool = true) throws(RedisError) -> [JournalLine] {
    var words = RESPWords("XREAD", "COUNT")
    words.add(Self.page)
    for word in waits ? ["BLOCK", "500", "STREAMS"] : ["STREAMS"] { words.add(word) }
    for shard in shards { words.add(Key.journal(of: shard)) }
    for position in positions { words.add(position) }
    var ask = Commands()
    ask.add(words)
    var lines: [JournalLine] = []
    guard let reply = try connection.exchange(ask).first else { return [] }
    for stream in try reply.get() {
      guard let key = stream[0]?.string, let place = shards.firstIndex(where: { Key.journal(of: $0) == key }),
        let entries = stream[1]
      else { continue }
      for entry in entries {
        guard let line = JournalLine(shard: shards[place], entry: entry) else { continue }
        positions[place] = "\(line.id)"
        lines.append(line)
      }
    }
    return lines.sorted { $0.id < $1.id }
  }
}
