import Doors
import Keys
import Lanes
import Market
import Redis

/// Makes deals as fast as the system ends them, and follows them until they have left.
struct SoakDriver {
  /// How many deals can be under way.
  private static let window = 1500
  /// How many deals pass the door in one batch.
  private static let batch = 200

  private let stage: BenchSystem
  private let journals: StreamWatch
  private let blocks = IDBlocks(size: 500)
  private let (buyers, sellers): (Int, Int)
  private var wanted: Int
  private var made = 0
  /// Whether no deals are made for now.
  var rests = false
  private var handovers: [CommandRequest] = []
  /// Names of commands whose outcomes nobody will ask for.
  private var spent: [String] = []
  /// How many deals have ended.
  private(set) var ended = 0
  /// How many have left, each with its reservation, its listing and its stock.
  var left: Int { departures.values.min() ?? 0 }
  private var departures = ["ReserveArchived": 0, "TradeArchived": 0, "StockArchived": 0]

  init(_ stage: BenchSystem, deals: Int, buyers: Int, sellers: Int) {
    self.stage = stage
    (wanted, self.buyers, self.sellers) = (deals, buyers, sellers)
    journals = StreamWatch(
      stage.servers.deployment, (0..<stage.shards).map { (Key.journal(of: Shard($0)), "0-0") }, count: 500)
  }

  var isDone: Bool { departures.values.allSatisfy { $0 == wanted } }

  /// Makes no more deals.
  mutating func stop() { wanted = made }

  mutating func step() throws {
    var requests = handovers
    handovers = []
    let more = rests ? 0 : max(0, min(wanted - made, Self.window - (made - ended), Self.batch))
    for number in made..<(made + more) { requests += try deal(number) }
    made += more
    if !requests.isEmpty {
      var door = Door(requests, shards: stage.shards, blocks: blocks)
      if let error = try door.run(on: stage.redis).compactMap(\.error).first {
        throw BenchError(error.message)
      }
    }
    let news = try journals.next(within: requests.isEmpty ? .milliseconds(100) : .zero)
    if requests.isEmpty, news.isEmpty { try stage.checkAlive() }
    for entry in news.lazy.flatMap(\.entries) { if let body = entry[1] { try receive(body) } }
    try forget()
  }

  private func deal(_ number: Int) throws(FieldError) -> [CommandRequest] {
    func request(_ worker: DecidingWorker, _ name: String, _ fields: Fields) throws(FieldError)
      -> CommandRequest
    {
      let goods: Fields = ["productid": "\(number + 1)", "productname": "애플워치", "qty": "1", "price": "50000"]
      return try Self.request(
        worker, "\(name)-\(number)",
        Fields(fields.map { ($0.name, $0.value) } + goods.map { ($0.name, $0.value) }))
    }
    return try [
      request(.trade, "list", ["type": "ListTrade", "userid": "seller\(number % sellers)"]),
      request(.stock, "register", ["type": "RegisterStock"]),
      request(
        .reservation, "reserve",
        [
          "type": "Reserve", "userid": "buyer\(number % buyers)", "reserveDt": "2040-04-04",
          "address": "서울특별시 서초구 방배동",
        ]),
    ]
  }

  private static func request(
    _ worker: DecidingWorker, _ commandid: String, _ fields: Fields
  ) throws(FieldError) -> CommandRequest {
    CommandRequest(draft: try Draft(fields: fields, worker: worker), commandid: commandid)
  }

  private mutating func receive(_ body: Reply) throws {
    guard let type = body.value("type")?.string, let product = body.value("productid")?.integer else {
      return
    }
    switch type {
    case "StockHeld":
      guard let reservation = body.value("reserveid")?.string, let trade = body.value("tradeid")?.string
      else {
        throw BenchError("An event names no deal.")
      }
      handovers.append(
        try Self.request(
          .trade, "handover-\(product - 1)", ["type": "Handover", "id": trade, "reserveid": reservation]))
    case "StockDecreased":
      ended += 1
      let shard = Shard.of(productid: product, among: stage.shards)
      for command in ["list", "register", "reserve", "handover"] {
        spent.append(Key.operation("\(command)-\(product - 1)", in: shard))
      }
    case "ReserveArchived", "TradeArchived", "StockArchived": departures[type, default: 0] += 1
    case "CommandRejected", "TradeRejected", "StockShort":
      throw BenchError("An event contradicts the plan: \(body.compactMap(\.string).joined(separator: " "))")
    default: break
    }
  }

  /// Outcomes are kept for a day, which nobody waits for here.
  private mutating func forget() throws {
    if spent.isEmpty { return }
    var commands = Commands()
    for key in spent { commands.add("UNLINK", key) }
    spent = []
    for reply in try stage.redis.exchange(commands) { try reply.get() }
  }
}
