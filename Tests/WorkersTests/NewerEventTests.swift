import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing

@testable import Workers

/// A journal to which a newer release has written too.
@Suite struct NewerEventTests {
  private static let listing = [
    "type", "TradeListed", "id", "1", "productid", "5", "userid", "abc", "productname", "책", "qty", "1",
    "price",
    "1", "status", "판매중", "held", "0", "sold", "0", "commandid", "c1",
  ]

  /// A door has let it in, so a newer release knows what it means.
  @Test(arguments: [
    ["type", "TimeCame", "timer", "dispute:7:100:5"],
    ["type", "OpenDispute", "id", "7", "productid", "100", "commandid", "key:1"],
    [
      "type", "CancelDeal", "id", "7", "productid", "100", "reserveid", "1", "reason", "stolen", "commandid",
      "key:2",
    ],
  ])
  func `the trade worker stands still before a command or a timer of a newer release`(entry: [String])
    async throws
  {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let commands = Key.commands(.trade, in: Shard(0))
      var words = RESPWords("XADD", commands, "*")
      for word in entry { words.add(word) }
      try connection.call(words)
      let specs = WorkerKind.trade.lanes(shards: 1).filter { $0.name.tag == Shard(0).tag }
      let runner = LaneRunner(
        worker: "trade", lanes: specs, redis: .single(redis.url), build: .this,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let thread = Background { runner.run() }
      let deadline = ContinuousClock.now + Patience.limit
      while runner.state.halted[specs[0].name] == nil {
        try #require(ContinuousClock.now < deadline, "\(runner.state)")
        try connection.call("BLPOP", "nothing", "0.05")
      }
      let reads = "\(Release.version), which reads format \(DataFormat.current)"
      #expect(runner.state.halted[specs[0].name]?.contains(reads) == true)
      #expect(try connection.call("EXISTS", "{0}:deadletters").integer == 0)
      runner.stop()
      #expect(thread.wait(within: Patience.limit) != nil)
    }
  }

  @Test(
    arguments: WorkerKind.allCases, [["type", "TradeAuctioned", "id", "1"], ["status", "경매중"]])
  func `a lane stands still before an event of a newer release`(role: WorkerKind, newer: [String])
    async throws
  {
    // A known event with an unknown word matters only to workers that listen to it.
    if newer[0] == "status", ![.notification, .mypage].contains(role) { return }
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let shard = Shard(0)
      func append(_ fields: [String]) throws -> String? {
        var words = RESPWords("XADD", Key.journal(of: shard), "*")
        for field in fields { words.add(field) }
        var commands = Commands()
        commands.add(words)
        return try connection.exchange(commands)[0].get().string
      }
      var known = Self.listing
      _ = try append(known)
      if newer[0] == "status" {
        known[15] = newer[1]
      } else {
        known = newer
      }
      let unknown = try append(known)
      let specs = role.lanes(shards: 1).filter { $0.name.tag == shard.tag }
      let runner = LaneRunner(
        worker: role.rawValue, lanes: specs, redis: .single(redis.url),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let thread = Background { runner.run() }
      func wait(until what: String, isMet: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + Patience.limit
        while try !isMet() {
          try #require(ContinuousClock.now < deadline, "waited in vain until \(what): \(runner.state)")
          try connection.call("BLPOP", "nothing", "0.05")
        }
      }
      let name = specs[0].name
      try wait(until: "the lane stands still") { runner.state.halted[name] != nil }
      #expect(runner.state.halted[name]?.contains("newer release") == true)
      #expect(try connection.call("EXISTS", "{0}:deadletters").integer == 0)
      // What came before it is committed, if there was anything to write.
      let cursor = try connection.call("HGET", name.cursor, Key.journal(of: shard)).string
      if role == .notification { #expect(cursor?.hasSuffix(" 1") == true, "\(cursor ?? "none")") }
      // If the entry was garbage after all, an operator removes it, and the lane goes on.
      try connection.call("XDEL", Key.journal(of: shard), unknown ?? "")
      _ = try append(Self.listing)
      try wait(until: "it goes on") { runner.state.halted.isEmpty }
      runner.stop()
      #expect(thread.wait(within: Patience.limit) != nil)
    }
  }
}
