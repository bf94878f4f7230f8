import Market
import Redis
import Testbed
import Testing

@testable import Lanes

@Suite struct OwnEntriesTests {
  /// Emits an event for every command, and records all that is read from the journal.
  private static func echo(_ heard: Watched<[String]>) -> StepHandler.Step {
    { (turn, commit) throws(RedisError) in
      for entry in turn.batch {
        if entry.stream == 0 {
          heard.change { $0.append(entry.value("by")?.string ?? "") }
        } else {
          commit.append(to: "\(turn.lane.tag):events") { $0.add("by", "itself") }
        }
      }
      return .commit
    }
  }

  private static func send(_ commands: Int, _ connection: RedisConnection) throws {
    var all = Commands()
    for number in 0..<commands { all.add("XADD", "{0}:commands", "*", "number", "\(number)") }
    for reply in try connection.exchange(all) { try reply.get() }
  }

  /// Waits until the journal has a number of entries; the cursor moves in the same step.
  private static func awaitSaid(_ entries: Int, _ connection: RedisConnection) throws {
    let deadline = ContinuousClock.now + Patience.limit
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

  @Test func `own entries are not read back, but count as read`() async throws {
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

  @Test func `own entries hide no entries of others`() async throws {
    let heard = Watched<[String]>([])
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start(step: Self.echo(heard))
      for round in 0..<200 {
        try Self.send(round % 3, connection)
        try connection.call("XADD", "{0}:events", "*", "by", "other \(round)")
      }
      try Self.awaitSaid(199 + 200, connection)
      let heardAll = heard.wait { $0.count { $0 != "itself" } == 200 }
      #expect(heardAll != nil)
      lanes.stop()
    }
    let others = heard.now.filter { $0 != "itself" }
    #expect(others == (0..<200).map { "other \($0)" })
  }

  @Test(
    arguments: [1, 7, 20_240_404, 0xBEEF] as [UInt64])
  func `own entries are left out however the reads are cut`(seed: UInt64) {
    print("own entries from seed \(seed)")
    for turn in 0..<60 as Range<UInt64> {
      let own = seed &+ turn &* 0x1_0000_0000
      var random = SplitMix64(seed: own)
      let log = Log(&random)
      guard log.others.elementsEqual(log.follow(&random)) else {
        Issue.record("an entry of seed \(own) is lost, doubled or out of order")
        return
      }
    }
  }

  /// A stream that grows by entries of others and by those of the lane's commits, each commit in one piece.
  private struct Log {
    /// How many entries each write adds, and whether it is the lane's own.
    private let writings: [(count: Int, isOwn: Bool)]

    init(_ random: inout SplitMix64) {
      writings = (0..<Int.random(in: 1...50, using: &random)).map { _ in
        (Int.random(in: 1...5, using: &random), Bool.random(using: &random))
      }
    }

    /// For each entry, whether it is the lane's own; its index is its id.
    private var entries: [Bool] { writings.flatMap { Array(repeating: $0.isOwn, count: $0.count) } }

    var others: [Int] { entries.enumerated().filter { !$0.element }.map(\.offset) }

    /// Returns what a lane reads that repeatedly takes some entries and commits.
    func follow(_ random: inout SplitMix64) -> [Int] {
      let entries = entries
      var (written, rest) = (0, writings[...])
      var input = LaneInput(stream: "s", position: .zero, entriesRead: 0)
      var heard: [Int] = []
      func found(after: EntryID, before: Int, limit: Int) -> [Entry] {
        (0..<before).filter { Self.id($0) > after }.prefix(limit).map {
          Entry(id: Self.id($0), stream: 0, body: .nothing)
        }
      }
      while true {
        while let next = rest.first, Bool.random(using: &random) {
          rest.removeFirst()
          if next.isOwn {
            let gap = LaneInput.Gap(
              first: Self.id(written), last: Self.id(written + next.count - 1), count: next.count)
            let isNext = input.isAtEnd && input.entriesRead == written
            input.leaveOut(gap, isNext: isNext)
          }
          written += next.count
        }
        input.beginRead()
        let limit = Int.random(in: 1...6, using: &random)
        if input.wantsRead {
          let reading = input.reading
          let between = reading.stretches.map { stretch in
            found(after: stretch.after, before: Int(stretch.before.milliseconds) - 1, limit: limit)
          }
          let behind = reading.tail.map { [found(after: $0, before: written, limit: limit)] }
          input.fill(between + (behind ?? []), limit: limit)
        }
        for _ in 0..<Int.random(in: 0...8, using: &random) {
          guard let entry = input.take() else { break }
          heard.append(Int(entry.id.milliseconds) - 1)
        }
        // If there are very many gaps, some own entries are read after all, which does no harm.
        if writings.count(where: \.isOwn) > LaneInput.mostGaps {
          heard.removeAll { entries[$0] }
        } else if heard.contains(where: { entries[$0] }) {
          return []
        }
        if rest.isEmpty, input.isAtEnd {
          return input.entriesRead == written && input.position == Self.id(written - 1) ? heard : []
        }
      }
    }

    private static func id(_ place: Int) -> EntryID {
      EntryID(milliseconds: UInt64(place) + 1, sequence: 0)
    }
  }
}
