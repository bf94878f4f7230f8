import Keys
import Lanes
import Market
import Redis

/// Reads what there is of a product.
extension Reads {
  /// Returns the card of a product. Throws a 404 if it is neither listed nor in stock.
  ///
  /// - Parameter userid: whose reservations it shows besides; nil for nobody's.
  func card(ofProduct productid: Int, for userid: String?) async throws -> ProductCard {
    let shard = Shard.of(productid: productid, among: shards)
    var line = ProductLine(of: productid, in: shard)
    var ask = Commands()
    line.ask(&ask)
    ask.add("HMGET", Key.product(productid, in: shard), "listing")
    ask.add("HGETALL", Key.stock(productid, in: shard))
    if let userid { ask.add("ZRANGE", Key.mypage(of: userid), "0", String(Self.sortable - 1), "REV") }
    let replies = try await redis.send(ask)
    for reply in replies { try reply.get() }
    guard replies.count == ask.count else {
      throw RedisError(.unexpectedReply, "Redis did not tell everything of a product.")
    }
    try line.receive(replies[0])
    let listing = replies[1][0]?.string.flatMap { Fields(packed: $0) }
    let stock = try Fields(reading: replies[2])
    let known = (
      listing: listing?["deleted"] == "1" ? nil : listing,
      // The seller stays behind when a stock is withdrawn.
      stock: stock["id"] == nil ? nil : stock
    )
    guard known.listing != nil || known.stock != nil else {
      throw Problem(
        .refusal(.notFound),
        "Product \(productid) is neither listed nor in stock.", field: "id",
        message: "판매하거나 재고가 있는 상품이 아닙니다: \(productid)")
    }
    let places = try await places(in: &line)
    var yours: [ProductCard.Own]?
    if let userid {
      let rows = replies[3].compactMap { $0.string.flatMap { MypageRowID($0) } }
      let bought = rows.filter { $0.shard == shard && $0.role == .buyer }.map(\.reserveid)
      let running = try await running(bought, ofProduct: productid, in: shard)
      yours = running
      for (index, place) in places.enumerated() where place.userid.utf8.elementsEqual(userid.utf8) {
        // One that started in between was found twice.
        if running.contains(where: { $0.reserveid == place.reserveid }) { continue }
        yours?.append(.init(reserveid: place.reserveid, status: .waiting, position: index + 1))
      }
    }
    return ProductCard(
      productid: productid, listing: known.listing, stock: known.stock, waiting: places.count, yours: yours)
  }

  /// Returns the place in the line, from 1, of a reservation that waits; nil for any other.
  func place(ofReserve reserve: Fields) async throws -> Int? {
    guard reserve["status"] == Status.waiting.rawValue, let id = reserve["id"].flatMap({ Int($0) }),
      let productid = reserve["productid"].flatMap({ Int($0) })
    else { return nil }
    var line = ProductLine(of: productid, in: .of(productid: productid, among: shards))
    return try await places(in: &line).firstIndex { $0.reserveid == id }.map { $0 + 1 }
  }

  private func places(in line: inout ProductLine) async throws -> [ProductLine.Place] {
    while !line.isComplete {
      var ask = Commands()
      line.ask(&ask)
      try line.receive(try await redis.send(ask).first)
    }
    return line.places
  }

  /// Returns which of some reservations of a shard run for a product, or wait for their receipt.
  private func running(
    _ reserveids: [Int], ofProduct productid: Int, in shard: Shard
  ) async throws -> [ProductCard.Own] {
    guard !reserveids.isEmpty else { return [] }
    var words = RESPWords("HMGET", Key.product(productid, in: shard))
    for id in reserveids { words.add("\(ProductTrade.runningPrefix)\(id)") }
    let found = try await redis.send(Commands(words)).first?.get()
    return zip(reserveids, found.map(Array.init) ?? []).compactMap { id, deal in
      guard let deal = deal.string.flatMap({ Fields(packed: $0) }) else { return nil }
      let isHandedOver = deal["phase"] == RunningDeal.Phase.awaitingReceipt.rawValue
      return ProductCard.Own(reserveid: id, status: isHandedOver ? .handedOver : .running)
    }
    .sorted { $0.reserveid < $1.reserveid }
  }
}
