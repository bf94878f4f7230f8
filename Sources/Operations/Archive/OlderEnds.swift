import Keys
import Lanes
import Market
import Redis

/// Sends on their way what older releases ended, which did not note when.
///
/// Its reservations leave once my page says that the last thing happened to them long enough ago; a listing leaves after
/// the last of its reservations. What they are told is the same as what a clock would tell: their workers judge it.
package struct OlderEnds {
  /// How many a run sends at most, so that it stays in proportion to what else there is to do.
  static let most = 10_000

  private let connection: any RedisLink
  private let shards: Int
  private var sent = 0
  /// The listings of the reservations that stay.
  private var busy: Set<Int> = []

  package init(_ connection: any RedisLink) throws {
    self.connection = connection
    shards = try connection.shardCount()
  }

  /// Returns how many were sent.
  ///
  /// - Parameter keep: how long what has ended stays, in milliseconds.
  package mutating func send(keeping keep: Int) throws -> Int {
    let format = try connection.writtenFormat()
    guard keep > 0, format >= 2 else { return 0 }
    var rows: Set<String> = []
    var listings: [Int: Set<Int>] = [:]
    try connection.scanPages { (keys) throws(RedisError) in
      for key in keys {
        if Key.shard(ofMypageRows: key) != nil { rows.insert(key) }
        let name = Keyspace.Name(key)
        if name.kind == "trade", let shard = name.shard, let id = name.id {
          listings[shard, default: []].insert(id)
        }
      }
    }
    for key in rows.sorted() where sent < Self.most { try sendReservations(of: key, keep) }
    for (shard, ids) in listings where sent < Self.most { try sendListings(ids, of: Shard(shard)) }
    return sent
  }

  private mutating func sendReservations(of key: String, _ keep: Int) throws(RedisError) {
    guard let shard = Key.shard(ofMypageRows: key) else { return }
    let now = try connection.time(at: key)
    var cursor = "0"
    repeat {
      let reply = try connection.call("HSCAN", key, cursor, "COUNT", "500")
      cursor = reply[0]?.string ?? "0"
      var old: [(id: Int, productid: Int)] = []
      for (name, packed) in reply[1]?.pairs ?? [:] {
        guard let id = Int(name), let row = try? MypageRow(packed: packed, reserveid: id) else { continue }
        if row.position.age(at: now) > keep {
          old.append((id, row.deal.productid))
        } else if let tradeid = row.deal.tradeid {
          busy.insert(tradeid)
        }
      }
      var late: [(id: Int, productid: Int)] = []
      try connection.askEach(old) {
        RESPWords("HGETALL", Key.reservation($0.id, in: shard))
      } _: { item, reply in
        guard let fields = try? Fields(reading: reply), let reservation = try? Reservation(fields: fields),
          reservation.isSettled, reservation.endedAt == nil
        else { return }
        late.append(item)
      }
      try send(late, to: .reservation, in: shard)
    } while cursor != "0" && sent < Self.most
  }

  private mutating func sendListings(_ ids: Set<Int>, of shard: Shard) throws(RedisError) {
    var late: [(id: Int, productid: Int)] = []
    let idle = ids.subtracting(busy).sorted()
    try connection.askEach(idle) {
      RESPWords("HGETALL", Key.trade($0, in: shard))
    } _: { id, reply in
      guard let fields = try? Fields(reading: reply), let listing = try? Listing(fields: fields),
        listing.closed != nil, listing.endedAt == nil
      else { return }
      late.append((id, listing.productid))
    }
    try send(late, to: .trade, in: shard)
  }

  private mutating func send(
    _ ended: [(id: Int, productid: Int)], to worker: DecidingWorker, in shard: Shard
  ) throws(RedisError) {
    let now = ended.prefix(Self.most - sent)
    try connection.askEach(now) { item in
      var words = RESPWords("XADD", Key.commands(worker, in: shard), "*")
      let timer = Timer(.ended, of: item.id, item.productid, at: .unknown)
      for word in ["type", Timer.type, "timer", timer.member] { words.add(word) }
      return words
    } _: { (_, reply) throws(RedisError) in
      try reply.get()
    }
    sent += now.count
  }
}

extension RedisLink {
  /// Returns the format in which the system writes.
  func writtenFormat() throws(RedisError) -> Int {
    try call("HGET", Key.format, "writes").integer ?? DataFormat.first
  }
}
