import Doors
import Keys
import Lanes
import Redis

/// Runs a plan's deals through a running system, as fast as the system can.
///
/// Acts as buyer, seller and observer: reserves through a door, reads the journals, hands over what is held
/// and cancels what the plan cancels.
struct DealDriver {
  /// How many reservations can be waiting for the trade worker's decision.
  private static let window = 2000
  /// How many requests pass the door in one batch.
  private static let batch = 500

  private let plan: DealPlan
  private let stage: BenchSystem
  private let journals: StreamWatch
  /// The number of deals reserved so far.
  private var reserved = 0
  private var unanswered = 0
  private var waited: Set<Int> = []
  private var waiting: [Int: Int] = [:]
  private var requests: [CommandRequest] = []
  private var completed = 0
  private var cancelled = 0
  private var released = 0

  /// - Parameter positions: Where the shards' journals end before the first deal.
  init(_ plan: DealPlan, on stage: BenchSystem, from positions: [String]) {
    self.plan = plan
    self.stage = stage
    journals = Self.watch(stage, from: positions)
  }

  private static func watch(_ stage: BenchSystem, from positions: [String]) -> StreamWatch {
    StreamWatch(
      stage.servers.deployment, positions.enumerated().map { (Key.journal(of: Shard($0)), $1) }, count: 500)
  }

  private var isDone: Bool {
    completed == plan.completed && cancelled == plan.cancelled && released == plan.cancelled
  }

  /// Runs all deals and returns when the last one has ended.
  mutating func run() throws {
    while !isDone {
      while requests.count < Self.batch, reserved < plan.deals, unanswered < Self.window {
        requests.append(try plan.reserve(reserved))
        reserved += 1
        unanswered += 1
      }
      let isIdle = requests.isEmpty
      try Self.pass(requests, on: stage)
      requests = []
      try follow(waits: isIdle)
    }
  }

  /// Admits requests with the same code as every door.
  static func pass(_ requests: [CommandRequest], on stage: BenchSystem) throws {
    var rest = requests[...]
    while !rest.isEmpty {
      var door = Door(Array(rest.prefix(batch)), shards: stage.shards)
      rest = rest.dropFirst(batch)
      let admissions = try door.run(on: stage.redis)
      if let error = admissions.compactMap(\.error).first { throw BenchError(error.message) }
    }
  }

  private mutating func follow(waits: Bool) throws {
    let news = try journals.next(within: waits ? .milliseconds(100) : .zero)
    if waits, news.isEmpty { return try stage.checkAlive() }
    for entry in news.lazy.flatMap(\.entries) {
      if let body = entry[1] { try receive(body) }
    }
  }

  /// Reads the journals from some positions to their ends, and ignores the entries.
  static func read(_ stage: BenchSystem, from positions: [String]) throws {
    let journals = watch(stage, from: positions)
    while try !journals.next(within: .milliseconds(100)).isEmpty {}
  }

  private mutating func receive(_ body: Reply) throws {
    guard let type = body.value("type")?.string else { return }
    switch type {
    case "StockHeld":
      let deal = try deal(in: body)
      if waited.remove(deal) == nil { unanswered -= 1 }
      if !plan.isCancelled(deal) { requests.append(try plan.handover(deal)) }
    case "TradeWaiting":
      let deal = try deal(in: body)
      guard waited.insert(deal).inserted else { return }
      unanswered -= 1
      let product = plan.product(of: deal)
      waiting[product, default: 0] += 1
      guard waiting[product] == plan.waitingPerProduct else { return }
      for deal in plan.cancels(of: product) { requests.append(try plan.cancel(deal)) }
    case "StockDecreased": completed += 1
    case "StockReleased": released += 1
    case "ReserveCanceled": cancelled += 1
    case "CommandRejected", "TradeRejected", "CancelRefused", "StockShort":
      throw BenchError("An event contradicts the plan: \(body.compactMap(\.string).joined(separator: " "))")
    default: break
    }
  }

  private func deal(in body: Reply) throws -> Int {
    guard let id = body.value("reserveid")?.integer else {
      throw BenchError("An event names no reservation.")
    }
    return id - 1
  }
}
