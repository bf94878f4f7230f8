import Redis

/// The lanes of one replica, and the rules by which it takes, keeps and gives them up.
///
/// It does no I/O and reads no clock: a `LaneSession` tells it what it saw in Redis, and carries out what it
/// answers. Replicas do not talk to each other. Each applies the same rules to what all of them see, who is
/// alive and who holds which lease, and so they end up with equal shares.
///
/// The table knows the lanes whose leases it holds: they run, or they stand still because of a trouble that
/// somebody has to fix. All others are free or another replica's. A lane that only has to wait is dropped and
/// its lease kept, so the next heartbeat finds it as a lane of its own that it can take again.
struct LaneTable<Running: RunningLane> {
  typealias Instant = ContinuousClock.Instant

  private let replica: String
  /// All lanes that replicas share here: on a cluster, those of one server.
  private(set) var lanes: [LaneName]
  private let options: LaneOptions

  /// The lanes that run, in the order in which they were opened.
  private(set) var running: [Running] = []
  /// The lanes that stand still, in the order in which they stopped.
  private(set) var standing: [StandingLane] = []
  /// The troubles that are not over, even if their lanes have been opened again, and when each was last logged.
  private var troubles: [LaneName: (trouble: LaneTrouble, logged: Instant)] = [:]
  /// When it was last logged that a lane waits.
  private var waits: [LaneName: Instant] = [:]
  /// Smaller batch limits of lanes whose usual batches would be too large for one commit.
  private var batchLimits: [LaneName: Int] = [:]
  private var nextHeartbeat: Instant
  private var nextMeasure: Instant

  init(replica: String, lanes: [LaneName], options: LaneOptions, now: Instant) {
    self.replica = replica
    self.lanes = lanes
    self.options = options
    nextHeartbeat = now
    nextMeasure = now
  }

  /// The lanes whose leases it holds.
  var held: [LaneName] { running.map(\.name) + standing.map(\.name) }

  /// Why lanes stand still, or stood still until they were opened again.
  var reasons: [LaneName: String] { troubles.mapValues(\.trouble.reason) }
}

/// Sharing: which lanes it gives up, takes and keeps.
extension LaneTable {
  /// Records which lanes there are now. Those that have gone are dropped: their leases went with them, and are
  /// taken again where they are.
  mutating func share(_ lanes: [LaneName]) {
    guard lanes != self.lanes else { return }
    self.lanes = lanes
    let here = Set(lanes)
    running.removeAll { !here.contains($0.name) }
    standing.removeAll { !here.contains($0.name) }
    troubles = troubles.filter { here.contains($0.key) }
  }

  /// Returns how many lanes this replica should hold, given all replicas that are alive.
  ///
  /// - Parameter place: The place of the lanes' server among all servers.
  func share(among living: [String], place: Int = 0) -> FairShare {
    FairShare(replica: replica, living: living, lanes: lanes.count, place: place)
  }

  /// Returns the lanes to release because they are more than its share: first those that stand still, then
  /// those that were opened last.
  func surplus(beyond quota: Int) -> (standing: ArraySlice<StandingLane>, running: ArraySlice<Running>) {
    let count = max(0, held.count - quota)
    let still = standing.prefix(count)
    return (still, running.suffix(count - still.count))
  }

  /// Records that a lane is released.
  mutating func release(_ name: LaneName) {
    drop(name)
    troubles[name] = nil
  }

  /// Returns the lanes whose leases to look up, because its share is not complete.
  func missing(from share: FairShare) -> [LaneName] {
    let held = Set(held)
    return held.count < share.quota ? lanes.filter { !held.contains($0) } : []
  }

  /// Returns the lanes to try to take, each with the token that its lease has left from a former taking.
  ///
  /// A lease is free if nobody has it, if this replica dropped it without releasing it, or if it lasts longer
  /// than any replica would set it: then the clock has gone back since. Replicas that start at the same time
  /// try different lanes first.
  func takings(of leases: [SeenLease], for share: FairShare) -> [(name: LaneName, former: String)] {
    let free = leases.filter { lease in
      lease.token.map { LaneTokens.made($0, by: replica) } ?? true
        || lease.millisecondsLeft > 2 * options.lease.milliseconds
    }
    guard !free.isEmpty else { return [] }
    let start = (share.rank ?? 0) * max(1, share.quota) % free.count
    return (free[start...] + free[..<start]).prefix(max(0, share.quota - held.count))
      .map { ($0.name, $0.token ?? "") }
  }

  /// Records that a lane was opened.
  mutating func opened(_ lane: Running) {
    drop(lane.name)
    running.append(lane)
  }

  /// Returns the lanes to renew: a commit without a batch stores cursors that have moved, and extends leases
  /// before they run out.
  func due(at now: Instant) -> [Running] {
    running.filter { $0.hasMoved || now - $0.extended > options.lease / 3 }
  }

  private mutating func drop(_ name: LaneName) {
    running.removeAll { $0.name == name }
    standing.removeAll { $0.name == name }
  }
}

/// Trouble: what becomes of a lane that cannot continue, and when that is reported.
extension LaneTable {
  /// How often an unchanged trouble is logged again.
  static var troubleRepetition: Duration { .seconds(60) }
  /// How often it is logged again that a lane waits.
  static var waitRepetition: Duration { .seconds(10) }

  /// Records the failure of a lane that runs, stands still or was to be opened. Returns what to report, unless
  /// it was reported shortly before.
  ///
  /// - A lane that another owner has is lost.
  /// - A lane that can try again is dropped until the next heartbeat.
  /// - A lane in trouble stands still. It keeps its lease, so that no other replica tries the same.
  mutating func failed(
    _ name: LaneName, token: String, _ failure: LaneFailure, at now: Instant
  ) -> LaneReport? {
    let hasRun = running.contains { $0.name == name }
    drop(name)
    switch failure {
    case .fenced:
      troubles[name] = nil
      return hasRun ? .lost : nil
    case .passing(let error):
      if let last = waits[name], now - last < Self.waitRepetition { return nil }
      waits[name] = now
      return .waits(error)
    case .trouble(let trouble):
      standing.append(StandingLane(name: name, token: token, trouble: trouble))
      if let last = troubles[name], last.trouble == trouble, now - last.logged < Self.troubleRepetition {
        return nil
      }
      troubles[name] = (trouble, now)
      return .stands(trouble)
    }
  }

  /// Records that a lane has proved that it can go on: it has committed. Returns what to report if it had
  /// stood still.
  mutating func proved(_ name: LaneName) -> LaneReport? {
    guard troubles[name] != nil else { return nil }
    troubles[name] = nil
    return .resumes
  }
}

/// How much a lane reads and decides at once.
extension LaneTable {
  /// Returns the maximum number of entries in the lane's next batch.
  func batchLimit(of lane: Running) -> Int {
    lane.isTryingAlone ? 1 : batchLimits[lane.name] ?? options.batch
  }

  /// Drops a lane whose batch cannot be committed whole, so that it is opened again and reads fewer entries at
  /// a time.
  mutating func narrow(_ lane: Running, to limit: Int) {
    batchLimits[lane.name] = limit
    drop(lane.name)
  }

  /// Records that a lane has nothing left to do, which also proves that it can go on. Its next batches have
  /// the usual size again.
  mutating func caughtUp(_ lane: Running) -> LaneReport? {
    batchLimits[lane.name] = nil
    return proved(lane.name)
  }
}

/// When the next heartbeat and the next measurement are due.
extension LaneTable {
  /// How often it is measured how far the lanes are behind.
  private static var measureInterval: Duration { .seconds(2) }

  /// Returns how long there is until the next heartbeat; not positive if it is due.
  func untilHeartbeat(from now: Instant) -> Duration { nextHeartbeat - now }

  /// Returns whether a measurement is due, and schedules the next one.
  mutating func beginsMeasurement(at now: Instant) -> Bool {
    guard now >= nextMeasure else { return false }
    nextMeasure = now + Self.measureInterval
    return true
  }

  /// Ends a heartbeat and schedules the next one.
  mutating func endHeartbeat(_ share: FairShare, at now: Instant) {
    if !troubles.isEmpty, held.count >= share.quota {
      // Its share is complete, so a lane that had to wait is for the others to take, and so is its trouble.
      let held = Set(held)
      troubles = troubles.filter { held.contains($0.key) }
    }
    // A trial starts at its own random time, not with the heartbeat, which would make it predictable.
    nextHeartbeat = ([now + options.heartbeat] + running.compactMap(\.waitsUntil)).min() ?? now
  }
}

/// What the table has to know of a lane that runs.
protocol RunningLane {
  var name: LaneName { get }
  /// The fencing token under which its lease was taken.
  var token: String { get }
  /// When its lease was last set.
  var extended: ContinuousClock.Instant { get }
  /// Whether the cursors in Redis are behind.
  var hasMoved: Bool { get }
  /// Whether the latest read left nothing to do.
  var isIdle: Bool { get }
  /// Whether its entries are tried one by one, because its last owners vanished.
  var isTryingAlone: Bool { get }
  /// When such trials can start; nil if they need not wait.
  var waitsUntil: ContinuousClock.Instant? { get }
}

/// A lane that stands still: its lease is held, but it cannot continue for now.
struct StandingLane {
  let name: LaneName
  let token: String
  let trouble: LaneTrouble

  /// Whether to try with every heartbeat if it can continue. If nobody knows how far a commit got, only a
  /// person can decide what to do.
  var isTriedAgain: Bool { if case .unknownState = trouble { false } else { true } }
}

/// A lease as it is in Redis before somebody tries to take it.
struct SeenLease {
  let name: LaneName
  /// The token of its owner; nil if it has none.
  let token: String?
  let millisecondsLeft: Int
}

/// What has become of a lane, to be logged and counted.
enum LaneReport {
  /// Another replica has a lane that ran here.
  case lost
  /// The lane waits for the next heartbeat.
  case waits(RedisError)
  /// The lane stands still.
  case stands(LaneTrouble)
  /// The lane stood still, and goes on.
  case resumes
}
