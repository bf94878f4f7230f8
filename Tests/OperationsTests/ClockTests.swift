import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import Operations

/// What comes due: on the clocks, in the audit, in the status, among the dead letters.
@Suite struct ClockTests {
  /// Everything that is due comes due within seconds.
  private static func hasty(keepEnded: Int = 600) -> Policy {
    var policy = Policy()
    policy.expiry = 700
    policy.reminders = [500, 200]
    policy.waiting = 1500
    policy.receipt = 300
    policy.listingReminder = 0
    policy.codePause = 200
    policy.keepEnded = keepEnded
    policy.codes = HandoverCodes(secret: "secret".utf8)
    return policy
  }

  private static func types(_ bench: Bench) throws -> [String: Int] {
    var types: [String: Int] = [:]
    for shard in 0..<bench.shards {
      for entry in try bench.connection.call("XRANGE", "{\(shard)}:events", "-", "+") {
        let fields = Fields(shown: entry[1] ?? .null)
        types[fields["type"] ?? "", default: 0] += 1
        if let reason = fields["reason"] { types[reason, default: 0] += 1 }
      }
    }
    return types
  }

  private static func awaitCalm(
    _ bench: Bench, of clocks: [String] = ["timers", "ended:reserve", "ended:trade"]
  ) throws {
    try insist("nothing is due any more") {
      for shard in 0..<bench.shards {
        for clock in clocks {
          let left = try bench.connection.call("ZCARD", "{\(shard)}:\(clock)").integer ?? 0
          guard left == 0 else { throw NeverHappened(description: "\(left) timers are left of \(clock)") }
        }
      }
    }
  }

  @Test func `an audit finds nothing after random histories with time in them`() throws {
    var types: [String: Int] = [:]
    for seed in 1...4 { types.merge(try Self.live(seed: seed)) { $0 + $1 } }
    for type in [
      "TradeExpired", "TradeReminded", "TradeHandedOver", "TradeRejected", "TradeCalledOff", "CodeRefused",
      "TradeRescheduled", "TradeNext", "TradeTermsChanged", "waitedTooLong", "datePassed", "ReserveArchived",
      "TradeArchived",
    ] {
      #expect(types[type] ?? 0 > 0, "\(type): \(types)")
    }
  }

  /// Lives through a random history. Returns how many events there were of each type, and with each reason.
  private static func live(seed: Int) throws -> [String: Int] {
    let bench = try Bench(policy: hasty())
    var wishes = Wishes(seed: UInt64(seed), products: 6)
    var random = SplitMix64(seed: UInt64(seed) + 1000)
    bench.start()
    var checks = 0
    for burst in 1...40 {
      try bench.send(
        (0..<burst / 2 + 1).map { _ in
          var wish = wishes.next()
          guard wish["reserveDt"] != nil else { return wish }
          let date = Date.now.timeIntervalSince1970 * 1000 + Double.random(in: -500...2000, using: &random)
          wish = Fields(wish.filter { $0.name != "reserveDt" })
          return wish.with("reserveDt", Moment(milliseconds: UInt64(date)).description)
        })
      // Also in the middle, while timers come due.
      if burst.isMultiple(of: 10) {
        let report = try bench.audit(patience: .zero)
        #expect(report.said == [])
        checks += 1
      }
      usleep(30_000)
    }
    try awaitCalm(bench)
    let report = try bench.audit()
    #expect(report.isAtRest && checks == 4, "\(report.notes)")
    #expect(report.said == [])
    #expect(report.totals.running == 0 && report.totals.waiting == 0)
    return try types(bench)
  }

  /// A shard with a running deal (its expiry), one that waits, and their listing.
  private static func calm() throws -> Bench {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .reserve(2, of: 7), .list(9, of: 7), .register(7)])
    bench.stop()
    try #require(try bench.audit().said == [])
    return bench
  }

  private static func timers(_ bench: Bench) throws -> [String] {
    try bench.connection.call("ZRANGE", "{0}:timers", "0", "-1").compactMap(\.string)
  }

  @Test func `an audit finds timers that are missing, needless or wrong, and repairs them`() throws {
    let bench = try Self.calm()
    let redis = bench.connection
    let all = try Self.timers(bench)
    #expect(all.map { $0.prefix { $0 != ":" } } == ["expiry", "waiting", "listing"])
    try redis.call("ZREM", "{0}:timers", all[0])
    try redis.call("ZADD", "{0}:timers", "XX", "5", all[1])
    try redis.call("ZADD", "{0}:timers", "7", "expiry:3:7:7")
    let report = try bench.audit()
    let due = try #require(Timer(member: all[0])).due
    #expect(
      Set(report.said) == [
        "timer {0}:timers: \(all[0]) is missing: what is due at \(due) would not happen.",
        "timer {0}:timers: \(all[1]) has the score 5, which is another time.",
        "timer {0}:timers: expiry:3:7:7 is set, but nothing is due then.",
      ])
    #expect(report.remedies.count == 3)
    try Auditor(redis).apply(report.remedies)
    #expect(try bench.audit().said == [])
    #expect(try Self.timers(bench) == all)
    // What no release before this one can have written is left alone.
    try redis.call("ZADD", "{0}:timers", "7", "party:3:7:7")
    let second = try bench.audit()
    #expect(second.said == ["timer {0}:timers: “party:3:7:7” names no timer."] && second.remedies.isEmpty)
    try redis.call("ZREM", "{0}:timers", "party:3:7:7")
    try redis.call("RENAME", "{0}:timers", "{0}:elsewhere")
    try redis.call("SET", "{0}:timers", "of the wrong type")
    #expect(
      try bench.audit().said.contains {
        $0.hasPrefix("unreadable {0}:timers: It is a string, where only a zset can be")
      })
  }

  @Test func `a timer is not repaired once events have followed`() throws {
    let bench = try Self.calm()
    let all = try Self.timers(bench)
    try bench.connection.call("ZREM", "{0}:timers", all[0], all[1])
    try bench.connection.call("ZADD", "{0}:timers", "7", "expiry:3:7:7")
    let report = try bench.audit()
    #expect(report.remedies.count == 3)
    try bench.connection.call("ZREM", "{0}:timers", "expiry:3:7:7")
    try bench.connection.call(
      "ZADD", "{0}:timers", all[0].split(separator: ":").last.map(String.init) ?? "", all[0])
    try bench.settle([["type": "CancelReserve", "id": "2"]])
    bench.stop()
    try #require(try bench.audit().said == [])
    try Auditor(bench.connection).apply(report.remedies)
    #expect(try Self.timers(bench) == [all[0], all[2]])
  }

  @Test func `status shows what comes due`() throws {
    let bench = try Self.calm()
    let all = try Self.timers(bench)
    let (expiry, due) = (try #require(all.first), try #require(Timer(member: all[0])).due)
    let status = try SystemStatus(.single(bench.redis.url))
    #expect(status.clock.timers == 3 && status.clock.overdue == 0)
    #expect(status.clock.kinds == ["expiry": 1, "waiting": 1, "listing": 1])
    #expect(status.clock.next == expiry && status.clock.due == due.description)
    try bench.connection.call("ZADD", "{0}:timers", "7", "expiry:3:7:7")
    let late = try SystemStatus(.single(bench.redis.url)).clock
    #expect(late.timers == 4 && late.overdue == 1 && late.kinds["expiry"] == 2)
    #expect(late.next == "expiry:3:7:7" && late.due == "1970-01-01T00:00:00.007Z")
  }

  private static func putAside(_ timer: String, _ bench: Bench) throws {
    var words = RESPWords("XADD", "{0}:deadletters", "*", "worker", "trade", "stream", "{0}:trade.commands")
    for word in ["entry", "1-1", "reason", "brokenLaw", "wrong", "type", "message", "It broke a law."] {
      words.add(word)
    }
    for word in ["field:type", "TimeCame", "field:timer", timer] { words.add(word) }
    try bench.connection.call(words)
  }

  @Test func `a timer that was put aside can be handed back exactly once`() throws {
    var policy = Self.hasty()
    policy.expiry = 400
    policy.waiting = 0
    let bench = try Bench(shards: 1, policy: policy)
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7)])
    let isReady = { try bench.connection.call("HGET", "{0}:product:7", "line:1").string != nil }
    try insist("it waits") { if try !isReady() { throw NeverHappened(description: "it does not") } }
    try bench.settle([.register(7)])
    // Its expiry comes while the lane sleeps, and becomes a letter.
    try insist("it has expired or runs") {
      let running = try bench.connection.call("HGET", "{0}:reserve:1", "status").string
      if running == "예약대기" { throw NeverHappened(description: "it waits") }
    }
    bench.stop()
    let timers = try Self.timers(bench)
    let timer = timers.first ?? "expiry:1:7:1"
    if !timers.isEmpty { try bench.connection.call("ZREM", "{0}:timers", timer) }
    try Self.putAside(timer, bench)
    let office = try DeadLetterOffice(bench.connection)
    let letter = try #require(try office.letters().first)
    #expect(letter.isEvent)
    let why = "It is a timer: what is due follows from the state of the deal."
    #expect(try office.replay(letter, setting: ["timer": "x"]) == .refused(why))
    #expect(try office.rehearse(letter) == .passes)
    #expect(try office.rehearse(letter, setting: ["timer": "x"]) == .refused(why, field: nil))
    let due = try #require(Timer(member: timer)).due
    while try Moment(milliseconds: bench.connection.time(at: "{0}:events")) < due { usleep(20_000) }
    let position = EntryID(milliseconds: 1, sequence: 1)
    let lane = LaneName(worker: "trade", tag: "{0}")
    #expect(try office.replay(letter) == .handedBack(type: "TimeCame", position: position, lane: lane))
    #expect(try office.replay(letter) == .refused("Somebody else has replayed or dropped it meanwhile."))
    #expect(try office.letters().isEmpty)
    bench.start()
    try insist("the deal has expired") {
      let status = try bench.connection.call("HGET", "{0}:reserve:1", "status").string
      if status != "예약만료" { throw NeverHappened(description: "it is \(status ?? "gone")") }
    }
    #expect(try bench.audit().said == [])
    #expect(try Self.types(bench)["TradeExpired"] == 1)
    bench.stop()
    try Self.putAside("party:1", bench)
    let broken = try #require(try office.letters().first)
    guard case .refused(let message) = try office.replay(broken) else { Issue.record("sent"); return }
    #expect(message.hasPrefix("It is not a timer: timer must be"), "\(message)")
    #expect(try office.rehearse(broken) == .refused(message, field: nil))
  }

  @Test func `the timeline tells what came due`() throws {
    let bench = try Bench(shards: 1, policy: Self.hasty(keepEnded: 0))
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7), .register(7)])
    try Self.awaitCalm(bench, of: ["timers"])
    _ = try bench.audit()
    for (subject, id, isTold) in [
      (Timeline.Subject.reserve, 1, true), (.product, 7, true), (.trade, 9, false),
    ] {
      let moments = try Timeline(of: subject, id, bench.connection).moments
      let timers = moments.filter { $0.way == "clock" }
      #expect(timers.map(\.line.type) == (isTold ? ["TimeCame"] : []), "\(subject)")
      #expect(timers.allSatisfy { $0.text.hasPrefix("timer=expiry:1:7:") })
    }
  }
}
