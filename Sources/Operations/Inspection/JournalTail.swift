import Keys
import Lanes
import Market
import Redis

/// Follows all journals of a system, merged.
package struct JournalTail {
  private let shards: [Shard]
  private let watch: StreamWatch

  /// Begins at the current end of every journal.
  package init(_ redis: RedisDeployment) throws {
    let connection = try redis.connect()
    let count = try connection.shardCount()
    shards = (0..<count).map { Shard($0) }
    var ask = Commands()
    for shard in shards { ask.add("XREVRANGE", Key.journal(of: shard), "+", "-", "COUNT", "1") }
    var streams: [(key: String, position: String)] = []
    for (shard, reply) in zip(shards, try connection.exchange(ask)) {
      let key = Key.journal(of: shard)
      streams.append((key, try reply.get(of: key)[0]?[0]?.string ?? "0"))
    }
    watch = StreamWatch(redis, streams, count: Self.page)
  }

  /// How many events per shard are read at a time.
  package static let page = 1000

  /// Returns the next events in the order of their ids, as far as they are known.
  ///
  /// - Parameter waits: whether to wait up to half a second for new events. Otherwise, none means that the
  ///   journals have been read to their ends.
  package func next(waits: Bool = true) throws(RedisError) -> [JournalLine] {
    var lines: [JournalLine] = []
    for news in try watch.next(within: waits ? .milliseconds(500) : .milliseconds(100)) {
      for entry in news.entries {
        if let line = JournalLine(shard: shards[news.place], entry: entry) { lines.append(line) }
      }
    }
    return lines.sorted { $0.id < $1.id }
  }
}
