import Market
import Redis
import Testing

@testable import Lanes

/// The rules by which replicas share lanes, one by one. `LaneTableHistoryTests` lets them work together.
@Suite struct LaneTableTests {
  private static let options = LaneOptions()
  private static let start = ContinuousClock.now
  private static let lanes = (0..<12).map { LaneName(worker: "copy", tag: Shard($0).tag) }
  private static let outage = LaneFailure.passing(RedisError(.overloaded, "Redis is full."))

  private var now = start

  private static func table(_ replica: String = "a", running: Int = 0) -> LaneTable<FakeLane> {
    var table = LaneTable<FakeLane>(replica: replica, lanes: lanes, options: options, now: start)
    for (number, name) in lanes.prefix(running).enumerated() {
      table.opened(FakeLane(name, token: "\(replica):\(number)", extended: start))
    }
    return table
  }

  private static func share(_ quota: Int, rank: Int = 0) -> FairShare {
    let living = (0..<(lanes.count / quota)).map { "\($0)" }
    return FairShare(replica: "\(rank)", living: living, lanes: lanes.count)
  }

  private static func nobodys(_ names: some Sequence<LaneName>) -> [SeenLease] {
    names.map { SeenLease(name: $0, token: nil, millisecondsLeft: 0) }
  }

  // MARK: Sharing

  @Test func `a replica has a share while it is alive`() {
    let table = Self.table("b")
    let share = table.share(among: ["a", "b", "c"])
    #expect(share.quota == 4 && share.rank == 1)
    #expect(table.share(among: ["a", "c"]).quota == 0)
  }

  @Test func `surplus lanes are those that stand still, then those opened last`() {
    var table = Self.table(running: 6)
    _ = table.failed(Self.lanes[1], token: "a:1", .trouble(.refused("x")), at: now)
    _ = table.failed(Self.lanes[3], token: "a:3", .trouble(.refused("x")), at: now)
    #expect(table.surplus(beyond: 5).standing.map(\.name) == [Self.lanes[1]])
    #expect(table.surplus(beyond: 5).running.isEmpty)
    #expect(table.surplus(beyond: 3).standing.map(\.name) == [Self.lanes[1], Self.lanes[3]])
    #expect(table.surplus(beyond: 3).standing.map(\.token) == ["a:1", "a:3"])
    #expect(table.surplus(beyond: 3).running.map(\.name) == [Self.lanes[5]])
    #expect(table.surplus(beyond: 0).running.count == 4)
  }

  @Test func `no lane of the share is released`() {
    let table = Self.table(running: 4)
    for quota in [4, 5] {
      #expect(table.surplus(beyond: quota).standing.isEmpty && table.surplus(beyond: quota).running.isEmpty)
    }
  }

  @Test func `a released lane is forgotten`() {
    var table = Self.table(running: 2)
    _ = table.failed(Self.lanes[0], token: "a:0", .trouble(.refused("x")), at: now)
    table.release(Self.lanes[0])
    table.release(Self.lanes[1])
    #expect(table.held.isEmpty && table.reasons.isEmpty)
  }

  @Test func `lanes that have gone to another server are dropped, and their troubles with them`() {
    var table = Self.table(running: 4)
    _ = table.failed(Self.lanes[1], token: "a:1", .trouble(.refused("x")), at: now)
    _ = table.failed(Self.lanes[2], token: "a:2", .trouble(.refused("x")), at: now)
    table.share(Array(Self.lanes[2..<6]))
    #expect(table.held == [Self.lanes[3], Self.lanes[2]])
    #expect(Set(table.reasons.keys) == [Self.lanes[2]])
    let share = table.share(among: ["a"])
    #expect(share.quota == 4)
    #expect(table.missing(from: share) == [Self.lanes[4], Self.lanes[5]])
    // They come back.
    table.share(Self.lanes)
    #expect(table.missing(from: table.share(among: ["a"])).count == 10)
  }

  @Test func `only an incomplete share looks for lanes`() {
    var table = Self.table(running: 3)
    _ = table.failed(Self.lanes[0], token: "a:0", .trouble(.refused("x")), at: now)
    #expect(table.missing(from: Self.share(3)).isEmpty)
    #expect(table.missing(from: Self.share(4)) == Array(Self.lanes.dropFirst(3)))
  }

  @Test func `a lease is free without an owner, if it is its own, or if it lasts too long`() {
    let table = Self.table()
    let most = 2 * Self.options.lease.milliseconds
    let leases = [
      SeenLease(name: Self.lanes[0], token: "b:1", millisecondsLeft: 1),
      SeenLease(name: Self.lanes[1], token: nil, millisecondsLeft: -2),
      SeenLease(name: Self.lanes[2], token: "a:7", millisecondsLeft: 1),
      SeenLease(name: Self.lanes[3], token: "b:1", millisecondsLeft: most),
      SeenLease(name: Self.lanes[4], token: "b:2", millisecondsLeft: most + 1),
      SeenLease(name: Self.lanes[5], token: "aa:7", millisecondsLeft: 1),
    ]
    let takings = table.takings(of: leases, for: Self.share(12))
    #expect(takings.map(\.name) == [Self.lanes[1], Self.lanes[2], Self.lanes[4]])
    #expect(takings.map(\.former) == ["", "a:7", "b:2"])
    #expect(table.takings(of: Array(leases.prefix(1)), for: Self.share(12)).isEmpty)
  }

  @Test func `no more lanes are taken than the share lacks`() {
    let table = Self.table(running: 3)
    let leases = Self.nobodys(table.missing(from: Self.share(4)))
    #expect(leases.count == 9)
    #expect(table.takings(of: leases, for: Self.share(4)).count == 1)
  }

  @Test(arguments: [1, 2, 3, 4, 6, 12])
  func `replicas that start together try different lanes first`(replicas: Int) {
    let first = (0..<replicas).flatMap { rank in
      Self.table("\(rank)").takings(
        of: Self.nobodys(Self.lanes), for: Self.share(Self.lanes.count / replicas, rank: rank))
    }
    #expect(first.count == Self.lanes.count && Set(first.map(\.name)) == Set(Self.lanes))
  }

  @Test func `a lane is renewed if its cursor moved or a third of its lease is over`() {
    let table = Self.table(running: 3)
    #expect(table.due(at: now).isEmpty)
    table.running[1].hasMoved = true
    #expect(table.due(at: now).map(\.name) == [Self.lanes[1]])
    let third = now + Self.options.lease / 3
    table.running[1].hasMoved = false
    table.running[2].extended = now + .milliseconds(1)
    #expect(table.due(at: third).isEmpty)
    #expect(table.due(at: third + .milliseconds(1)).map(\.name) == Array(Self.lanes.prefix(2)))
  }

  // MARK: Trouble

  @Test func `a lane that another replica owns is lost`() {
    var table = Self.table(running: 2)
    guard case .lost? = table.failed(Self.lanes[0], token: "a:0", .fenced, at: now) else {
      Issue.record("not lost")
      return
    }
    #expect(table.held == [Self.lanes[1]])
    // One that never ran here is nobody's loss.
    #expect(table.failed(Self.lanes[5], token: "a:9", .fenced, at: now) == nil)
  }

  @Test mutating func `a lane that can try again is dropped, which is not reported every time`() {
    var table = Self.table(running: 2)
    var told: [Duration] = []
    for _ in 0..<100 {
      let report = table.failed(Self.lanes[0], token: "a:0", Self.outage, at: now)
      #expect(table.held == [Self.lanes[1]])
      if case .waits(let error)? = report {
        #expect(error.message == "Redis is full.")
        told.append(now - Self.start)
      }
      table.opened(FakeLane(Self.lanes[0], token: "a:8", extended: now))
      now += .milliseconds(250)
    }
    #expect(told == [.zero, .seconds(10), .seconds(20)])
    // Another lane has its own say.
    #expect(table.failed(Self.lanes[1], token: "a:1", Self.outage, at: now) != nil)
  }

  @Test mutating func `a lane in trouble stands still, which is reported again after a minute`() {
    var table = Self.table(running: 2)
    var told: [Duration: String] = [:]
    for second in 0..<150 {
      let trouble = LaneTrouble.refused(second < 100 ? "one" : "another")
      let report = table.failed(Self.lanes[0], token: "a:0", .trouble(trouble), at: now)
      if case .stands(let trouble)? = report { told[now - Self.start] = trouble.reason }
      #expect(Set(table.held) == Set(Self.lanes.prefix(2)))
      #expect(table.standing.map(\.trouble) == [trouble])
      #expect(table.reasons == [Self.lanes[0]: trouble.reason])
      now += .seconds(1)
    }
    let (one, another) = (LaneTrouble.refused("one").reason, LaneTrouble.refused("another").reason)
    #expect(told == [.zero: one, .seconds(60): one, .seconds(100): another])
  }

  @Test func `lanes that stand still are tried again unless only a person can decide`() {
    let name = Self.lanes[0]
    let troubles: [LaneTrouble] = [
      .refused("x"), .noRight(command: "SET x"), .unknownState("x"),
      .unfinishedCommit(reason: "x", halt: name.halt),
      .newerEntry(
        stream: "s", entry: .zero, error: FieldError(field: "type", reason: .tooLong, message: "x"),
        build: nil),
    ]
    let tried = troubles.filter { StandingLane(name: name, token: "a:0", trouble: $0).isTriedAgain }
    #expect(tried == troubles.filter { $0 != .unknownState("x") })
  }

  @Test(arguments: [true, false])
  func `a lane is in trouble until it has proved that it can continue`(byCommit: Bool) {
    var table = Self.table(running: 2)
    let name = Self.lanes[0]
    _ = table.failed(name, token: "a:0", .trouble(.refused("x")), at: now)
    let lane = FakeLane(name, token: "a:0", extended: now)
    table.opened(lane)
    #expect(table.standing.isEmpty && table.held.count == 2)
    #expect(table.reasons.keys.contains(name), "to be open is no proof")
    let report = byCommit ? table.proved(name) : table.caughtUp(lane)
    guard case .resumes? = report else {
      Issue.record("it does not say that it resumes")
      return
    }
    #expect(table.reasons.isEmpty)
    #expect(table.proved(name) == nil && table.caughtUp(lane) == nil)
  }

  @Test func `the trouble of a waiting lane is kept until others can take the lane`() {
    var table = Self.table(running: 4)
    let name = Self.lanes[0]
    _ = table.failed(name, token: "a:0", .trouble(.refused("x")), at: now)
    _ = table.failed(name, token: "a:0", Self.outage, at: now)
    table.endHeartbeat(Self.share(4), at: now)
    #expect(table.reasons.keys.contains(name))
    table.endHeartbeat(Self.share(3), at: now)
    #expect(table.reasons.isEmpty)
  }

  // MARK: Batches and time

  @Test func `a narrowed lane reads fewer entries until it has caught up`() {
    var table = Self.table(running: 2)
    let lane = table.running[0]
    #expect(table.batchLimit(of: lane) == Self.options.batch)
    table.narrow(lane, to: 7)
    #expect(table.held == [Self.lanes[1]])
    table.opened(lane)
    #expect(table.batchLimit(of: lane) == 7)
    #expect(table.batchLimit(of: table.running[0]) == Self.options.batch)
    lane.isTryingAlone = true
    #expect(table.batchLimit(of: lane) == 1)
    lane.isTryingAlone = false
    #expect(table.caughtUp(lane) == nil)
    #expect(table.batchLimit(of: lane) == Self.options.batch)
  }

  @Test func `the next heartbeat comes in time for the first trial`() {
    var table = Self.table(running: 3)
    let beat = Self.options.heartbeat
    #expect(table.untilHeartbeat(from: now) == .zero)
    table.endHeartbeat(Self.share(3), at: now)
    #expect(table.untilHeartbeat(from: now) == beat)
    table.running[1].waitsUntil = now + beat / 5
    table.running[2].waitsUntil = now + beat / 2
    table.endHeartbeat(Self.share(3), at: now)
    #expect(table.untilHeartbeat(from: now) == beat / 5)
    #expect(table.untilHeartbeat(from: now + beat) < .zero)
  }

  @Test func `the lag of the lanes is measured every two seconds`() {
    var table = Self.table()
    let measured = (0..<40).filter { table.beginsMeasurement(at: now + .milliseconds(250 * $0)) }
    #expect(measured == [0, 8, 16, 24, 32])
  }
}
