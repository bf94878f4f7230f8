import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing
import Workers

/// The clock of a shard while deciding workers are at work on random commands, and lose their lanes.
@Suite struct ClockTests {
  private let products = Array(1...4)
  private let shard = Shard(0)

  /// All periods pass within the test.
  private var policy: Policy {
    var policy = Policy()
    policy.expiry = 200
    policy.waiting = 400
    policy.receipt = 100
    policy.listingReminder = 300
    // What has ended leaves at once, from a clock of its own.
    policy.keepEnded = 200
    return policy
  }

  /// The states of all products, the clock, and what it has given back that is not decided yet, at one moment.
  private struct Snapshot {
    /// The timers of the states and of the clock, with the times when they are due.
    var wanted: [String: String] = [:]
    var clock: [String: String] = [:]
    var inFlight: Set<String> = []

    init(_ connection: RedisConnection, _ products: [Int], in shard: Shard, lane: LaneName) throws {
      let commands = Key.commands(.trade, in: shard)
      var words = RESPWords(
        "EVAL",
        """
        local states={}
        for place=4,#KEYS do states[#states+1]=redis.call('HGETALL',KEYS[place]) end
        local read=redis.call('HGET',KEYS[3],KEYS[2])
        return {redis.call('ZRANGE',KEYS[1],0,-1,'WITHSCORES'),redis.call('XRANGE',KEYS[2],'-','+'),read or '0-0',states}
        """)
      words.add(products.count + 3)
      for key in [Key.timers(of: shard), commands, lane.cursor] + products.map({ Key.product($0, in: shard) })
      {
        words.add(key)
      }
      var asked = Commands()
      asked.add(words)
      let found = try connection.exchange(asked)[0].get()
      clock = try #require(found[0]).pairs
      let cursor = try #require(found[2]?.string.flatMap { EntryID(String($0.prefix { $0 != " " })) })
      for entry in try #require(found[1]) {
        guard let id = entry[0]?.string.flatMap({ EntryID($0) }), id > cursor else { continue }
        if entry[1]?.value("type")?.string == "TimeCame", let timer = entry[1]?.value("timer")?.string {
          inFlight.insert(timer)
        }
      }
      for hash in try #require(found[3]) {
        let state = try ProductTrade(fields: Fields(hash.pairs.map { ($0, $1) }))
        for timer in state.timerChanges(since: ProductTrade()).set where timer.kind != .ended {
          wanted[timer.member] = "\(timer.due.milliseconds)"
        }
      }
    }
  }

  /// A command at random, of which many are refused.
  private func command(
    _ number: Int, _ random: inout SplitMix64
  ) -> (worker: DecidingWorker, fields: Fields) {
    // One of the last commands, which can have been a reservation of this product.
    let reservation = Int.random(in: max(1, number - 20)...number, using: &random)
    let product = reservation % products.count + 1
    let date = ["2024-04-04", "2099-04-04"].randomElement(using: &random) ?? ""
    let (id, productid) = ("\(reservation)", "\(product)")
    // Listings have their product's id and a generation, so that others follow those that end.
    let listing = "\(product + 10 * (number / 500))"
    func of(_ type: String, _ id: String, _ more: KeyValuePairs<String, String> = [:]) -> Fields {
      Fields([("type", type), ("id", id), ("productid", productid)] + more.map { ($0, $1) })
    }
    switch Int.random(in: 0..<20, using: &random) {
    case 0, 1:
      let confirm = ["none", "buyer"].randomElement(using: &random) ?? ""
      return (
        .trade,
        of(
          "ListTrade", listing,
          ["userid": "seller", "productname": "책", "qty": "90", "price": "5", "confirm": confirm])
      )
    case 2: return (.stock, of("RegisterStock", productid, ["productname": "책", "qty": "60"]))
    case 3:
      return (.stock, of("AdjustStock", productid, ["qty": "\(Int.random(in: 5...60, using: &random))"]))
    case 4: return (.trade, of("ChangeTrade", listing, ["price": "6"]))
    case 5: return (.trade, of("WithdrawTrade", listing))
    case 6...8: return (.trade, of("Handover", listing, ["reserveid": id]))
    case 9: return (.trade, of("CancelDeal", listing, ["reserveid": id, "reason": "other"]))
    case 10, 11: return (.trade, ["type": "ConfirmReceipt", "id": id, "productid": productid])
    case 12: return (.reservation, ["type": "CancelReserve", "id": id, "productid": productid])
    case 13:
      return (.reservation, ["type": "ChangeReserve", "id": id, "productid": productid, "reserveDt": date])
    default:
      return (
        .reservation,
        [
          "type": "Reserve", "id": "\(number)", "productid": "\(number % products.count + 1)",
          "userid": "buyer\(number % 7)", "productname": "책", "qty": "1", "reserveDt": date, "address": "서울",
          "price": "5",
        ]
      )
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func `at every moment, what the states plan is on the clock or on its way back`(seed: UInt64) async throws {
    try await TestRedis.with { [self] redis in
      let connection = try redis.connect()
      let trade = LaneName(worker: DecidingWorker.trade.rawValue, tag: shard.tag)
      let runners = [WorkerKind.reservation, .trade, .stock].map { role in
        LaneRunner(
          worker: role.rawValue,
          lanes: role.lanes(shards: 1, policy: policy).filter { $0.name.tag == shard.tag },
          redis: .single(redis.url), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      }
      let threads = runners.map { runner in Background { runner.run() } }
      defer {
        for runner in runners { runner.stop() }
        for thread in threads { #expect(thread.wait(within: Patience.limit) != nil) }
      }
      var random = SplitMix64(seed: seed)
      var (planned, cameBack, number) = (0, 0, 0)
      func look() throws {
        let now = try Snapshot(connection, products, in: shard, lane: trade)
        for (timer, due) in now.clock {
          #expect(now.wanted[timer] == due, "seed \(seed): \(timer) has no state")
        }
        for timer in now.wanted.keys where now.clock[timer] == nil {
          #expect(now.inFlight.contains(timer), "seed \(seed): \(timer) is not on the clock")
        }
        planned += now.clock.count
        cameBack += now.inFlight.count
      }
      for _ in 1...300 {
        var batch = Commands()
        for _ in 1...Int.random(in: 1...8, using: &random) {
          number += 1
          let (worker, fields) = command(number, &random)
          var words = RESPWords("XADD", Key.commands(worker, in: shard), "*")
          for (name, value) in fields.pairs {
            words.add(name)
            words.add(value)
          }
          batch.add(words)
        }
        // Now and then the owner finds its lane gone, in the middle of whatever it does.
        if Int.random(in: 0..<40, using: &random) == 0 { batch.add("DEL", trade.lease) }
        for reply in try connection.exchange(batch) { try reply.get() }
        try look()
        if Int.random(in: 0..<10, using: &random) == 0 { usleep(100_000) }
      }
      // All that runs ends by itself: what is planned then is to come in 2099, or again and again.
      let journal = Key.journal(of: shard)
      func said(_ type: String) throws -> Bool {
        try connection.call("XRANGE", journal, "-", "+").contains { $0[1]?.value("type")?.string == type }
      }
      let deadline = ContinuousClock.now + Patience.limit
      for type in ["TradeExpired", "TradeHandedOver", "ListingReminded", "TradeCalledOff"] {
        while try !said(type) {
          try #require(ContinuousClock.now < deadline, "there was no \(type), seed \(seed)")
          try look()
          usleep(20_000)
        }
      }
      #expect(planned > 1000, "seed \(seed)")
      #expect(try connection.call("XLEN", trade.deadLetters).integer == 0)
    }
  }
}
