import Logging
import Market
import Redis

/// A runner's work on one server: from connecting until the runner stops, the connection breaks, or the server
/// has no lanes any more.
///
/// Its `table` decides which lanes to hold and what becomes of them. The session carries that out in Redis, and
/// takes the batches of the lanes that run through to their commits.
final class LaneSession {
  let runner: LaneRunner
  let server: LaneServer
  let tokens: LaneTokens
  /// For everything in the lanes' own slots.
  let connection: RedisConnection
  /// For keys of any slots; nil if `connection` reaches all of them.
  let everywhere: ClusterConnection?
  let commitDigest: String
  let specs: [LaneName: LaneSpec]
  var table: LaneTable<Lane>
  /// The version of the server for which the table knows the lanes; nil before the first heartbeat.
  private var version: Int?
  /// The place of the server among all, in that version.
  private var place = 0
  /// Whether entries are read by size, because together they had too many bytes for one read.
  var isReadingBySize: Bool
  let metrics: LaneMetrics

  /// The reads that wait in Redis for the next entries of idle lanes.
  let blocked = BlockedReads<LaneName>()
  var blockedReads: [LaneName: StreamRead] = [:]

  init(
    runner: LaneRunner, server: LaneServer, tokens: LaneTokens, metrics: LaneMetrics, isReadingBySize: Bool
  ) throws(RedisError) {
    self.runner = runner
    self.server = server
    self.tokens = tokens
    self.metrics = metrics
    self.isReadingBySize = isReadingBySize
    specs = Dictionary(runner.lanes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    table = LaneTable(
      replica: runner.replica, lanes: server.own(runner.lanes), options: runner.options, now: .now)
    connection = try server.connect()
    everywhere = server.connectToAll()
    commitDigest = try connection.digest(of: Commit.script)
  }

  /// Runs passes over the lanes until the runner stops or the server has none, then releases them.
  func serve() throws(RedisError) {
    while !runner.isStopping, !table.lanes.isEmpty {
      if table.untilHeartbeat(from: .now) <= .zero { try heartbeat() }
      if ready.isEmpty {
        runner.sleep(untilHeartbeat)
      } else {
        try pass()
        if hasCaughtUp { runner.sleep(runner.options.gatherDelay) }
      }
      note { $0.lastPass = .now }
    }
    try leave()
  }

  /// The lanes whose entries can be handled now.
  var ready: [Lane] { table.running.filter(\.isReady) }

  /// Whether the latest read reached the end of every stream.
  private var hasCaughtUp: Bool { ready.allSatisfy(\.isIdle) }

  var untilHeartbeat: Duration { max(.milliseconds(1), table.untilHeartbeat(from: .now)) }

  /// Registers this replica as alive, releases lanes beyond its fair share, takes missing ones, renews the
  /// rest.
  private func heartbeat() throws(RedisError) {
    let version = server.version
    if version != self.version {
      table.share(server.own(runner.lanes))
      place = server.place
      self.version = version
    }
    let living = try runner.join(server, over: connection)
    let share = table.share(among: living, place: place)
    try release(beyond: share.quota)
    try lookAgain()
    try take(share)
    try touch(table.due(at: .now))
    try forgiveCrashes(living)
    try lookAtTimers()
    try trim()
    try measure()
    for lane in table.running where lane.isIdle { report(table.caughtUp(lane), of: lane.name) }
    endBlockedReadsOfFormerLanes()
    table.endHeartbeat(share, at: .now)
    let held = table.held
    metrics.holds(held)
    note { $0.lanes = held }
    noteTroubles()
  }

  /// Releases all lanes at once.
  private func leave() throws(RedisError) {
    try release(beyond: 0)
    try runner.leave(server, over: connection)
    note { $0.lanes = [] }
    noteTroubles()
  }

  func note(_ change: (inout LaneProgress) -> Void) { runner.note(on: server, change) }
}
