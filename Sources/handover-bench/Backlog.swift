import Keys
import Lanes
import Market
import Redis
import Workers

/// Reserve commands that are in the shards' streams before anybody reads them.
struct Backlog {
  static let products = 1000

  let shards: Int
  /// The number of commands written to each shard so far.
  private(set) var written: [Int]

  init(shards: Int) {
    self.shards = shards
    written = Array(repeating: 0, count: shards)
  }

  var total: Int { written.reduce(0, +) }

  /// Appends more commands directly to the streams, without a command id, like the benchmark of the floor.
  mutating func add(_ count: Int, to redis: any RedisLink) throws {
    let first = total
    var commands = Commands()
    for number in first..<(first + count) {
      let productid = 1 + number % Self.products
      let shard = Shard.of(productid: productid, among: shards)
      written[shard.index] += 1
      var words = RESPWords("XADD", Key.commands(.reservation, in: shard), "*")
      for word in [
        "type", "Reserve", "id", "\(number + 1)", "productid", "\(productid)", "userid",
        "user\(number % 777)",
        "productname", "애플워치", "qty", "1", "reserveDt", "2024-04-04", "address", "서울특별시 서초구 방배동",
        "price", "50000", "status", "예약완료",
      ] { words.add(word) }
      commands.add(words)
      if commands.count == 500 || number == first + count - 1 {
        for reply in try redis.exchange(commands) { try reply.get() }
        commands = Commands()
      }
    }
  }

  /// How much of the backlog the reservation worker has committed.
  struct Progress {
    var decided = 0
    /// The number of journal entries that the worker has read.
    var followed = 0
  }

  func progress(_ redis: any RedisLink) throws -> Progress {
    var commands = Commands()
    for index in 0..<shards {
      let shard = Shard(index)
      let cursor = LaneName(worker: WorkerKind.reservation.rawValue, tag: shard.tag).cursor
      commands.add(
        RESPWords("HMGET", cursor, Key.commands(.reservation, in: shard), Key.journal(of: shard)))
    }
    var progress = Progress()
    for reply in try redis.exchange(commands) {
      progress.decided += Self.entriesRead(try reply.get()[0])
      progress.followed += Self.entriesRead(reply[1])
    }
    return progress
  }

  /// Throws unless every command resulted in one event and one reservation, and none in a dead letter.
  func check(_ redis: any RedisLink) throws {
    for index in 0..<shards {
      let shard = Shard(index)
      let letters = LaneName(worker: WorkerKind.reservation.rawValue, tag: shard.tag).deadLetters
      let found = try [
        written[index] == 0 ? 0 : redis.entriesAdded(to: Key.journal(of: shard)),
        redis.call("ZCARD", Key.index(of: .reserve, in: shard)).integer ?? 0,
        redis.call("XLEN", letters).integer ?? 0,
      ]
      guard found == [written[index], written[index], 0] else {
        throw BenchError(
          """
          Shard \(index) has \(found[0]) events, \(found[1]) reservations and \(found[2]) dead letters for \
          \(written[index]) commands.
          """)
      }
    }
  }

  /// Returns the second number of a cursor, `<position> <entries read>`.
  private static func entriesRead(_ cursor: Reply?) -> Int {
    cursor?.string?.split(separator: " ").last.flatMap { Int($0) } ?? 0
  }
}

extension RedisLink {
  /// Returns how many entries a stream has ever had.
  func entriesAdded(to stream: String) throws(RedisError) -> Int {
    try call("XINFO", "STREAM", stream).value("entries-added")?.integer ?? 0
  }
}
