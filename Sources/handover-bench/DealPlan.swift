import Doors
import Keys
import Lanes
import Market
import Redis

/// The deals of a benchmark, and how each must end.
///
/// Deals rotate through the products: deal 0 is in product 1, deal 1 in product 2, and so on. Of a product's
/// deals, the first tenth is cancelled, and the last twentieth finds no free unit and waits for those
/// cancellations.
struct DealPlan: Sendable {
  static let fewestPerProduct = 20

  let products: Int
  let perProduct: Int

  var deals: Int { products * perProduct }
  var cancelledPerProduct: Int { perProduct / 10 }
  var waitingPerProduct: Int { perProduct / 20 }
  /// The number of units of a product: too few for the deals that wait.
  var unitsPerProduct: Int { perProduct - waitingPerProduct }

  var cancelled: Int { products * cancelledPerProduct }
  var completed: Int { deals - cancelled }
  var waiting: Int { products * waitingPerProduct }

  func product(of deal: Int) -> Int { deal % products + 1 }
  func isCancelled(_ deal: Int) -> Bool { deal / products < cancelledPerProduct }
  func cancels(of product: Int) -> [Int] { (0..<cancelledPerProduct).map { $0 * products + product - 1 } }
  /// Returns the reservation's id.
  func id(of deal: Int) -> Int { deal + 1 }
  func buyer(of deal: Int) -> String { "user\(deal % 777)" }

  // MARK: Requests

  /// Returns the requests for a product's listing and stock.
  func offer(_ product: Int) throws(FieldError) -> [CommandRequest] {
    let id = "\(product)"
    return try [
      request(
        .trade, "list-\(id)",
        [
          "type": "ListTrade", "id": id, "productid": id, "userid": "seller\(product % 97)",
          "productname": "애플워치", "qty": "\(unitsPerProduct)", "price": "50000",
        ]),
      request(
        .stock, "register-\(id)",
        [
          "type": "RegisterStock", "id": id, "productid": id, "productname": "애플워치",
          "qty": "\(unitsPerProduct)",
        ]),
    ]
  }

  func reserve(_ deal: Int) throws(FieldError) -> CommandRequest {
    try request(
      .reservation, "reserve-\(deal)",
      [
        "type": "Reserve", "id": "\(id(of: deal))", "productid": "\(product(of: deal))",
        "userid": buyer(of: deal), "productname": "애플워치", "qty": "1", "reserveDt": "2024-04-04",
        "address": "서울특별시 서초구 방배동", "price": "50000",
      ])
  }

  func cancel(_ deal: Int) throws(FieldError) -> CommandRequest {
    try request(.reservation, "cancel-\(deal)", ["type": "CancelReserve", "id": "\(id(of: deal))"])
  }

  func handover(_ deal: Int) throws(FieldError) -> CommandRequest {
    try request(
      .trade, "handover-\(deal)",
      ["type": "Handover", "id": "\(product(of: deal))", "reserveid": "\(id(of: deal))"])
  }

  private func request(
    _ worker: DecidingWorker, _ commandid: String, _ fields: Fields
  ) throws(FieldError) -> CommandRequest {
    CommandRequest(draft: try Draft(fields: fields, worker: worker), commandid: commandid)
  }
}

extension DealPlan {
  /// Throws unless every reservation, my page, listing and stock has the planned state.
  func check(_ redis: any RedisLink, shards: Int) throws {
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

  private func expect(_ wanted: String, of key: String, _ names: [String], _ redis: any RedisLink) throws {
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
