import Redis
import Testbed

@testable import Lanes

/// Replicas that share lanes over a model of Redis, one step at a time, so that anything can happen between
/// two steps of a heartbeat.
struct SharedLanes {
  /// A rule that was broken.
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  typealias Instant = ContinuousClock.Instant

  /// One connection of a replica: its table, and the steps that are left of its heartbeat.
  private struct Replica {
    enum Step {
      case join, release, lookAgain, look, take(LaneName, former: String), renew, end
    }

    let name: String
    var table: LaneTable<FakeLane>
    let tokens: LaneTokens
    var share = FairShare(replica: "", living: [], lanes: 0)
    var steps: [Step] = []
    /// Until when it does nothing, as if its process was stopped.
    var sleeps: Instant?
  }

  private let options = LaneOptions()
  private let lanes: [LaneName]
  private var random: SplitMix64
  private var now = ContinuousClock.now
  private var leases: [LaneName: (token: String, end: Instant)] = [:]
  private var living: [String: Instant] = [:]
  private var replicas: [Replica] = []
  private var started = 0
  /// Whether lanes can fail.
  private var isCalm = false
  /// What has happened, to see that a history proves something.
  private(set) var happened: Set<String> = []

  init(_ random: SplitMix64) {
    self.random = random
    lanes = (0..<Int.random(in: 1...24, using: &self.random)).map {
      LaneName(worker: "copy", tag: Shard($0).tag)
    }
  }

  /// Anything that can happen to replicas and their lanes.
  mutating func live() throws {
    for _ in 0..<Int.random(in: 50...400, using: &random) {
      now += .milliseconds(Int.random(in: 0...60, using: &random))
      if random.oneIn(25) { disturb() }
      guard let place = replicas.indices.randomElement(using: &random) else { continue }
      if random.oneIn(4) { try work(place) } else { try step(place) }
    }
  }

  /// Nothing else happens, until every lane had the time to find its owner.
  mutating func settle() throws {
    isCalm = true
    if replicas.isEmpty { start() }
    let end = now + options.lease * 2 + options.replicaLifetime + options.heartbeat * 8
    while now < end {
      for place in replicas.indices {
        replicas[place].sleeps = nil
        repeat { try step(place) } while !replicas[place].steps.isEmpty
        for _ in replicas[place].table.running { try work(place) }
      }
      now += .milliseconds(50)
    }
    try check()
  }
}

extension SharedLanes {
  /// Replicas come, go, vanish, sleep and reconnect; the clock goes back.
  private mutating func disturb() {
    guard let place = replicas.indices.randomElement(using: &random), !random.oneIn(3) else {
      if replicas.count < 6 { start() }
      return
    }
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      happened.insert("left")
      release(place, beyond: 0)
      living[replicas[place].name] = nil
      replicas.remove(at: place)
    case 1:
      happened.insert("vanished")
      replicas.remove(at: place)
    case 2:
      happened.insert("slept")
      replicas[place].sleeps = now + .milliseconds(Int.random(in: 0...9000, using: &random))
    case 3:
      happened.insert("reconnected")
      replicas[place].table = table(replicas[place].name)
      replicas[place].steps = []
    default:
      happened.insert("clock went back")
      guard let name = lanes.randomElement(using: &random), let lease = leases[name] else { return }
      leases[name] = (lease.token, lease.end + options.lease * 10)
    }
  }

  private mutating func start() {
    started += 1
    let name = "copy-\(UInt8.random(in: 0...99, using: &random))-\(started)"
    replicas.append(Replica(name: name, table: table(name), tokens: LaneTokens(replica: name)))
  }

  private func table(_ name: String) -> LaneTable<FakeLane> {
    LaneTable(replica: name, lanes: lanes, options: options, now: now)
  }

  /// Carries out one step of a heartbeat, as a session does.
  private mutating func step(_ place: Int) throws {
    if let end = replicas[place].sleeps, end > now { return }
    if replicas[place].steps.isEmpty {
      guard replicas[place].table.untilHeartbeat(from: now) <= .zero else { return }
      replicas[place].steps = [.join, .release, .lookAgain, .look, .renew, .end]
    }
    switch replicas[place].steps.removeFirst() {
    case .join:
      living[replicas[place].name] = now + options.replicaLifetime
      living = living.filter { $0.value > now }
      replicas[place].share = replicas[place].table.share(among: living.keys.sorted())
    case .release:
      let quota = replicas[place].share.quota
      release(place, beyond: quota)
      try require(replicas[place].table.held.count <= quota, "it holds more than its share")
    case .lookAgain:
      for lane in replicas[place].table.standing {
        if owner(of: lane.name) != lane.token {
          try report(place, of: lane.name, failed(place, lane.name, lane.token, .fenced))
        } else {
          extend(lane.name)
          if lane.isTriedAgain { try open(place, lane.name, lane.token) }
        }
      }
    case .look:
      let replica = replicas[place]
      let seen = replica.table.missing(from: replica.share).map { name in
        let token = owner(of: name)
        let left = token == nil ? .zero : (leases[name]?.end ?? now) - now
        return SeenLease(name: name, token: token, millisecondsLeft: left.milliseconds)
      }
      let takings = replica.table.takings(of: seen, for: replica.share)
      try require(Set(takings.map(\.name)).count == takings.count, "it takes a lane twice")
      replicas[place].steps.insert(contentsOf: takings.map { .take($0.name, former: $0.former) }, at: 0)
    case .take(let name, let former):
      try require(!replicas[place].table.held.contains(name), "it takes what it holds")
      let token = replicas[place].tokens.make()
      if let owner = owner(of: name), owner != former, let lease = leases[name],
        lease.end - now <= options.lease * 2
      {
        happened.insert("came too late")
        return
      }
      leases[name] = (token, now + options.lease)
      try open(place, name, token)
    case .renew:
      for lane in replicas[place].table.due(at: now) { try commit(place, lane) }
    case .end:
      for lane in replicas[place].table.running where lane.isIdle {
        try report(place, of: lane.name, replicas[place].table.caughtUp(lane))
      }
      replicas[place].table.endHeartbeat(replicas[place].share, at: now)
    }
    let held = replicas[place].table.held
    try require(Set(held).count == held.count, "it holds a lane twice")
  }

  private mutating func release(_ place: Int, beyond quota: Int) {
    let surplus = replicas[place].table.surplus(beyond: quota)
    if !surplus.standing.isEmpty || !surplus.running.isEmpty { happened.insert("released") }
    for (name, token) in surplus.standing.map({ ($0.name, $0.token) })
      + surplus.running.map({ ($0.name, $0.token) })
    {
      replicas[place].table.release(name)
      if owner(of: name) == token { leases[name] = nil }
    }
  }

  /// A lane that runs does something: it commits, fails, moves, or has nothing to do.
  private mutating func work(_ place: Int) throws {
    if let end = replicas[place].sleeps, end > now { return }
    guard let lane = replicas[place].table.running.randomElement(using: &random) else { return }
    lane.isIdle = random.oneIn(3)
    lane.hasMoved = random.oneIn(2)
    if let failure = failure() {
      try report(place, of: lane.name, failed(place, lane.name, lane.token, failure))
    } else if !isCalm, random.oneIn(20) {
      happened.insert("narrowed")
      replicas[place].table.narrow(lane, to: 1)
    } else if random.oneIn(2) {
      try commit(place, lane)
    }
  }

  private mutating func commit(_ place: Int, _ lane: FakeLane) throws {
    guard owner(of: lane.name) == lane.token else {
      return try report(place, of: lane.name, failed(place, lane.name, lane.token, .fenced))
    }
    extend(lane.name)
    lane.extended = now
    lane.hasMoved = false
    try report(place, of: lane.name, replicas[place].table.proved(lane.name))
  }

  private mutating func open(_ place: Int, _ name: LaneName, _ token: String) throws {
    if let failure = failure() {
      try report(place, of: name, failed(place, name, token, failure))
    } else {
      happened.insert("opened")
      replicas[place].table.opened(FakeLane(name, token: token, extended: now))
    }
  }

  private mutating func failure() -> LaneFailure? {
    guard !isCalm, random.oneIn(8) else { return nil }
    switch Int.random(in: 0..<8, using: &random) {
    case 0..<3: return .passing(RedisError(.overloaded, "full"))
    case 3: return .trouble(.unknownState("who knows"))
    case let number: return .trouble(.refused("reason \(number)"))
    }
  }

  private mutating func failed(
    _ place: Int, _ name: LaneName, _ token: String, _ failure: LaneFailure
  ) -> LaneReport? {
    replicas[place].table.failed(name, token: token, failure, at: now)
  }

  /// Checks that what is reported of a lane is the case.
  private mutating func report(_ place: Int, of name: LaneName, _ report: LaneReport?) throws {
    let table = replicas[place].table
    let isStanding = table.standing.contains { $0.name == name }
    switch report {
    case nil: return
    case .lost:
      happened.insert("lost")
      try require(!table.held.contains(name), "\(name) is lost, but held")
    case .waits:
      happened.insert("waited")
      try require(!table.held.contains(name), "\(name) waits, but is held")
    case .stands(let trouble):
      happened.insert("stood still")
      try require(isStanding && table.reasons[name] == trouble.reason, "\(name) does not stand still")
    case .resumes:
      happened.insert("resumed")
      try require(!isStanding && table.reasons[name] == nil, "\(name) does not resume")
    }
  }

  private func owner(of name: LaneName) -> String? {
    leases[name].flatMap { $0.end > now ? $0.token : nil }
  }

  private mutating func extend(_ name: LaneName) {
    let end = now + options.lease
    leases[name]?.end = end
  }

  /// Every lane has one owner who knows it, shares are fair, and only what needs a person stands still.
  private func check() throws {
    for name in lanes {
      let owners = replicas.filter { $0.table.held.contains(name) }
      try require(owners.count == 1, "\(name) has \(owners.count) owners")
      let tokens =
        owners[0].table.running.filter { $0.name == name }.map(\.token)
        + owners[0].table.standing.filter { $0.name == name }.map(\.token)
      try require(tokens == [owner(of: name)], "\(name) is held by \(tokens) without its lease")
    }
    let names = replicas.map(\.name).sorted()
    for replica in replicas {
      let held = replica.table.held
      let share = replica.table.share(among: names)
      try require(held.count == share.quota, "\(replica.name) holds \(held.count), not \(share.quota)")
      try require(replica.table.standing.allSatisfy { !$0.isTriedAgain }, "a lane still stands")
      let standing = Set(replica.table.standing.map(\.name))
      try require(Set(replica.table.reasons.keys) == standing, "\(replica.table.reasons) are over")
    }
  }

  private func require(_ isKept: Bool, _ rule: @autoclosure () -> String) throws {
    if !isKept { throw Broken(description: rule()) }
  }
}
