import Keys
import Lanes
import Market
import Redis

extension DealPlan {
  /// Throws unless every reservation, my page, listing and stock stands where the plan ends.
  func check(_ redis: RedisConnection, shards: Int) throws {
    for deal in 0..<deals {
      let id = id(of: deal)
      let shard = Shard.of(productid: product(of: deal), among: shards)
      let wanted = isCancelled(deal) ? "예약취소" : "거래완료"
      try expect(wanted, of: Key.reservation(id, in: shard), ["status"], redis)
      let (rows, page) = (Key.mypageRows(of: id, in: shard), Key.mypage(of: buyer(of: deal)))
      let status = try redis.call("HGET", rows, "\(id)").string.flatMap { Fields(packed: $0)?["status"] }
      guard status == wanted else {
        throw BenchError("\(id) in \(rows) should have status \(wanted), but it has \(status ?? "–").")
      }
      let row = MypageRowID(id, in: shard, .buyer).description
      guard try !redis.call("ZSCORE", page, row).isNull else { throw BenchError("\(row) is not in \(page).") }
    }
    let sold = perProduct - cancelledPerProduct
    for product in 1...products {
      let shard = Shard.of(productid: product, among: shards)
      try expect(
        "\(unitsPerProduct) 0 \(sold)", of: Key.trade(product, in: shard), ["qty", "held", "sold"], redis)
      try expect("\(unitsPerProduct - sold) 0", of: Key.stock(product, in: shard), ["qty", "held"], redis)
    }
    for index in 0..<shards {
      let letters = LaneName(worker: "", tag: Shard(index).tag).deadLetters
      let count = try redis.call("XLEN", letters).integer ?? 0
      guard count == 0 else { throw BenchError("\(letters) holds \(count) entries.") }
    }
  }

  private func expect(_ wanted: String, of key: String, _ names: [String], _ redis: RedisConnection) throws {
    var words = RESPWords("HMGET", key)
    for name in names { words.add(name) }
    var commands = Commands()
    commands.add(words)
    let values = try redis.exchange(commands).first?.map { $0.string ?? "–" } ?? []
    let found = values.joined(separator: " ")
    guard found == wanted else {
      throw BenchError("\(key) should have \(names.joined(separator: " ")) \(wanted), but it has \(found).")
    }
  }
}
