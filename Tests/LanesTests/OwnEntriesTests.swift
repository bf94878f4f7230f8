import Lanes
import Market
import Redis
import Testbed
import Testing

@Suite("What a lane wrote itself")
struct OwnEntriesTests {
  /// Says an event for every command, and keeps count of all that is read from the journal.
  private static func echo(_ heard: Watched<[String]>) -> StepHandler.Step {
    { (turn, _, commit) throws(RedisError) in
      for entry in turn.batch {
        if entry.stream == 0 {
          heard.change { $0.append(entry.value("by")?.string ?? "") }
        } else {
          commit.append(to: "\(turn.lane.tag):events") { $0.add("by", "itself") }
        }
      }
    }
  }

  private static func send(_ commands: Int, _ connection: RedisConnection) throws {
    var all = Commands()
    for number in 0..<commands { all.add("XADD", "{0}:commands", "*", "number", "\(number)") }
    for reply in try connection.exchange(all) { try reply.get() }
  }

  /// Waits for the journal's entries up to a number; the cursor moves in the same step as they come.
  private static func awaitSaid(_ entries: Int, _ connection: RedisConnection) throws {
    let deadline = ContinuousClock.now + .seconds(20)
    var position = "0"
    var said = 0
    while said < entries {
      try #require(ContinuousClock.now < deadline, "\(said) of \(entries) were said in time")
      let reply = try connection.call("XREAD", "BLOCK", "200", "STREAMS", "{0}:events", position)
      guard let new = reply[0]?[1] else { continue }
      said += new.count
      position = new[new.count - 1]?[0]?.string ?? position
    }
  }

  @Test("is not read back, and counts as read")
  func skipped() async throws {
    let heard = Watched<[String]>([])
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      try Self.send(1000, connection)
      let lanes = bench.start(step: Self.echo(heard))
      try Self.awaitSaid(1000, connection)
      try Self.send(1, connection)
      try Self.awaitSaid(1001, connection)
      lanes.stop()
      #expect(lanes.runner.state.entries == 1001)
      let cursor = try connection.call("HGET", bench.lanes[0].cursor, "{0}:events").string
      let last = try connection.call("XREVRANGE", "{0}:events", "+", "-", "COUNT", "1")[0]?[0]?.string
      #expect(cursor == "\(last ?? "") 1001")
    }
    #expect(heard.now.isEmpty)
  }

  @Test("hides nothing that others wrote meanwhile")
  func mixed() async throws {
    let heard = Watched<[String]>([])
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start(step: Self.echo(heard))
      for round in 0..<200 {
        try Self.send(round % 3, connection)
        try connection.call("XADD", "{0}:events", "*", "by", "other \(round)")
      }
      try Self.awaitSaid(199 + 200, connection)
      let heardAll = heard.wait(within: .seconds(20)) { $0.count { $0 != "itself" } == 200 }
      #expect(heardAll != nil)
      lanes.stop()
    }
    let others = heard.now.filter { $0 != "itself" }
    #expect(others == (0..<200).map { "other \($0)" })
  }
}
