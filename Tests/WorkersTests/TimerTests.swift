import Foundation
import Keys
import Market
import Redis
import Testbed
import Testing
import Workers

@testable import Lanes

/// The trade worker's timers: what its commits write to the clock of a shard, and what comes back from it.
@Suite struct TimerTests {
  private let deal = Deal(
    reserveid: 7, productid: 100, userid: "김민지", productname: "애플워치", qty: 1,
    terms: Terms(price: 50_000, reserveDt: "2099-05-05T10:00", address: "서울"))

  private func level(_ qty: Int = 1) -> StockLevel {
    StockLevel(id: 1, productid: 100, productname: "애플워치", qty: qty)
  }

  /// A trade lane of which the test itself is all other workers.
  private final class Bench {
    let lane: LaneBench
    private var position = "0-0"

    init(_ redis: TestRedis, _ policy: Policy = Policy()) throws {
      lane = try LaneBench(.trade, on: redis, policy: policy)
    }

    /// Adds an event of another worker to the journal.
    func say(_ fact: Fact) throws { try lane.add(Event(fact).fields, to: lane.journal) }

    func command(_ fields: Fields) throws { try lane.add(fields, to: Key.commands(.trade, in: lane.shard)) }

    /// Waits until the lane has said something of this type, and returns it.
    @discardableResult
    func hear(_ type: String) throws -> Event {
      while true {
        for entry in try lane.entries(of: lane.journal, after: position) {
          position = entry.id
          let pairs = stride(from: 0, to: entry.fields.count, by: 2).map {
            (entry.fields[$0], entry.fields[$0 + 1])
          }
          var fields = Fields()
          for (name, value) in pairs { fields.append(name, value) }
          if fields["type"] == type { return try Event(fields: fields) }
        }
      }
    }

    /// The timers of a shard on both clocks of the lane, with their times.
    func timers() throws -> [String: String] {
      var timers: [String: String] = [:]
      for key in [Key.timers(of: lane.shard), Key.ended(.trade, in: lane.shard)] {
        timers.merge(try lane.connection.call("ZRANGE", key, "0", "-1", "WITHSCORES").pairs) { first, _ in
          first
        }
      }
      return timers
    }

    func state(_ productid: Int = 100) throws -> ProductTrade {
      var fields = Fields()
      for (name, value) in try lane.connection.call("HGETALL", Key.product(productid, in: lane.shard)).pairs {
        fields.append(name, value)
      }
      return try ProductTrade(fields: fields)
    }

    /// The timers that the stored state must have.
    func wanted() throws -> [String: String] {
      let changes = try state().timerChanges(since: ProductTrade())
      #expect(changes.canceled.isEmpty)
      return Dictionary(uniqueKeysWithValues: changes.set.map { ($0.member, "\($0.due.milliseconds)") })
    }

    /// Expects timers of these kinds, as the stored state has them.
    func expect(_ kinds: [String], _ location: SourceLocation = #_sourceLocation) throws {
      let timers = try timers()
      #expect(try timers == wanted(), sourceLocation: location)
      let found = timers.keys.map { $0.prefix { $0 != ":" } }.sorted()
      #expect(found == kinds.map { $0[...] }.sorted(), sourceLocation: location)
    }
  }

  private let list: Fields = [
    "type": "ListTrade", "id": "9", "productid": "100", "userid": "이준호", "productname": "애플워치",
    "qty": "1", "price": "50000", "confirm": "buyer",
  ]

  @Test func `commits write and remove exactly the timers of the states`() async throws {
    try await TestRedis.with { [self] redis in
      let bench = try Bench(redis)
      try bench.lane.own { _ in
        try bench.command(list)
        try bench.hear("TradeListed")
        try bench.expect(["listing"])
        try bench.say(.stock(.stockRegistered, level()))
        try bench.say(.deal(.reserveCompleted, deal))
        try bench.hear("TradeStarted")
        try bench.expect(["listing", "expiry", "reminder"])
        try bench.say(.hold(.stockHeld, deal.withoutTerms, level()))
        var second = deal
        (second.reserveid, second.userid) = (8, "둘째")
        try bench.say(.deal(.reserveCompleted, second))
        try bench.hear("TradeWaiting")
        try bench.expect(["listing", "expiry", "reminder", "waiting"])
        // Another date has other times.
        let before = try bench.timers()
        var moved = deal
        moved.terms?.reserveDt = "2099-06-06"
        try bench.say(.deal(.reserveChanged, moved))
        try bench.hear("TradeRescheduled")
        try bench.expect(["listing", "expiry", "reminder", "waiting"])
        #expect(try Set(bench.timers().keys).intersection(before.keys).count == 2)
        // The buyer has to confirm a handover, which a timer does in the end.
        try bench.command(["type": "Handover", "id": "9", "productid": "100", "reserveid": "7"])
        try bench.hear("TradeHandedOver")
        try bench.expect(["listing", "receipt", "waiting"])
        try bench.command(["type": "ConfirmReceipt", "id": "7", "productid": "100"])
        try bench.hear("TradeCompleted")
        // All is sold: nothing can come due any more, but that it goes to the archive one day.
        try bench.hear("TradeRejected")
        try bench.expect(["ended"])
      }
    }
  }

  @Test func `a seller who calls deals off leaves no timers behind`() async throws {
    try await TestRedis.with { [self] redis in
      let bench = try Bench(redis)
      try bench.lane.own { _ in
        try bench.command(list)
        try bench.say(.stock(.stockRegistered, level()))
        try bench.say(.deal(.reserveCompleted, deal))
        try bench.hear("TradeStarted")
        try bench.say(.hold(.stockHeld, deal.withoutTerms, level()))
        let cancel: Fields = [
          "type": "CancelDeal", "id": "9", "productid": "100", "reserveid": "7", "reason": "changedMind",
        ]
        try bench.command(cancel)
        try bench.hear("TradeCalledOff")
        try bench.expect(["listing"])
        try bench.command(["type": "WithdrawTrade", "id": "9", "productid": "100"])
        try bench.hear("TradeWithdrawn")
        try bench.expect(["ended"])
      }
    }
  }

  @Test func `with everything off, there is no clock`() async throws {
    try await TestRedis.with { [self] redis in
      let bench = try Bench(redis, .timeless)
      try bench.lane.own { _ in
        try bench.command(list)
        try bench.say(.stock(.stockRegistered, level()))
        try bench.say(.deal(.reserveCompleted, deal))
        try bench.hear("TradeStarted")
      }
      #expect(try bench.lane.connection.call("EXISTS", Key.timers(of: bench.lane.shard)).integer == 0)
    }
  }

  @Test func `a deal whose time has come ends, and the next one starts`() async throws {
    try await TestRedis.with { [self] redis in
      // Long enough for the stock's answer to come first.
      var policy = Policy()
      policy.expiry = 3000
      let bench = try Bench(redis, policy)
      var (late, next) = (deal, deal)
      late.terms?.reserveDt = "2024-04-04"
      (next.reserveid, next.userid) = (8, "둘째")
      try bench.lane.own { _ in
        try bench.command(list)
        try bench.say(.stock(.stockRegistered, level()))
        try bench.say(.deal(.reserveCompleted, late))
        try bench.hear("TradeStarted")
        try bench.say(.hold(.stockHeld, deal.withoutTerms, level()))
        try bench.say(.deal(.reserveCompleted, next))
        let ended = try #require(try bench.hear("TradeExpired").deal)
        #expect(ended.reserveid == 7 && ended.held == 1)
        #expect(try bench.hear("TradeStarted").deal?.reserveid == 8)
        try bench.expect(["listing", "expiry", "reminder"])
      }
    }
  }

  /// Stores a product's trade whose only deal ends at a time, as a commit would.
  private func store(_ bench: Bench, _ productid: Int = 100, until: Moment) throws {
    var state = ProductTrade()
    var deal = deal
    (deal.productid, deal.reserveid) = (productid, productid)
    (deal.tradeid, deal.seller, deal.course.until) = (productid, "이준호", until)
    let listing = Listing(
      id: productid, productid: productid, userid: "이준호", productname: "애플워치", qty: 1, price: 50_000)
    let stock = StockLevel(id: productid, productid: productid, productname: "애플워치", qty: 1)
    let facts: [Fact] = [
      .listing(.tradeListed, listing), .stock(.stockRegistered, stock), .deal(.reserveCompleted, deal),
      .deal(.tradeStarted, deal.withoutTerms), .hold(.stockHeld, deal.withoutTerms, stock),
    ]
    for (place, fact) in facts.enumerated() {
      TradeDecider.evolve(&state, Event(fact), at: EntryID(milliseconds: 1, sequence: UInt64(place)))
    }
    var hash = RESPWords("HSET", Key.product(productid, in: bench.lane.shard))
    for (name, value) in state.fields {
      hash.add(name)
      hash.add(value)
    }
    var commands = Commands()
    commands.add(hash)
    for timer in state.timerChanges(since: ProductTrade()).set {
      commands.add("ZADD", Key.timers(of: bench.lane.shard), "\(timer.due.milliseconds)", timer.member)
    }
    for reply in try bench.lane.connection.exchange(commands) { try reply.get() }
  }

  @Test func `an owner that dies between its look and its decision loses nothing, and does nothing twice`()
    async throws
  {
    try await TestRedis.with { [self] redis in
      let bench = try Bench(redis)
      let (lane, connection) = (bench.lane, bench.lane.connection)
      try store(bench, until: Moment(milliseconds: 1_712_300_000_000))
      #expect(try bench.timers().count == 1)
      // The owner looks, and is gone before it has read what it appended.
      let commands = Key.commands(.trade, in: lane.shard)
      try connection.call("SET", lane.spec.name.lease, "owner:1")
      let found = try connection.call(
        "EVALSHA", try connection.digest(of: LaneTimers.script), "3", lane.spec.name.lease,
        Key.timers(of: lane.shard), commands, "owner:1", "64", "0")
      #expect(found[0]?.integer == 1)
      #expect(try bench.timers().isEmpty)
      try connection.call("DEL", lane.spec.name.lease)
      // The same once more, as after a timer that was appended and could not be removed.
      let entry = try #require(try lane.entries(of: commands, after: "0-0").first)
      try lane.add(["type": "TimeCame", "timer": entry.fields[3]], to: commands)
      try lane.own { _ in
        #expect(try bench.hear("TradeExpired").deal?.reserveid == 100)
        // What comes after both timers has been decided, so they have too.
        try bench.command(["type": "WithdrawTrade", "id": "100", "productid": "100"])
        try bench.hear("TradeWithdrawn")
      }
      let types = try lane.entries(of: lane.journal, after: "0-0").map { $0.fields[1] }
      #expect(types == ["TradeExpired", "TradeWithdrawn"])
      #expect(try bench.timers().keys.allSatisfy { $0.hasPrefix("ended:") })
    }
  }

  @Test func `what came due while the system was down comes in order`() async throws {
    try await TestRedis.with { [self] redis in
      let bench = try Bench(redis)
      // More than one look appends, stored in another order than they are due.
      let products = Array(100..<300)
      for productid in products.shuffled() {
        try store(bench, productid, until: Moment(milliseconds: 1_712_300_000_000 + UInt64(productid)))
      }
      try bench.lane.own { _ in
        var ended: [Int] = []
        while ended.count < products.count {
          ended.append(try #require(try bench.hear("TradeExpired").deal).productid)
        }
        #expect(ended == products)
      }
      #expect(try bench.timers().isEmpty)
    }
  }
}
