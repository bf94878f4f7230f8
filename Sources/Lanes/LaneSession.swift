import Logging
import Market
import Redis

/// A runner's work on one connection: from connecting until the runner stops or the connection breaks.
///
/// Its `table` decides which lanes to hold and what becomes of them. The session carries that out in Redis, and
/// takes the batches of the lanes that run through to their commits.
final class LaneSession {
  let runner: LaneRunner
  let tokens: LaneTokens
  let connection: RedisConnection
  let commitDigest: String
  let specs: [LaneName: LaneSpec]
  var table: LaneTable<Lane>
  /// Whether entries are read by size, because together they had too many bytes for one read.
  var isReadingBySize: Bool
  let metrics: LaneMetrics

  init(
    runner: LaneRunner, tokens: LaneTokens, metrics: LaneMetrics, isReadingBySize: Bool
  ) throws(RedisError) {
    self.runner = runner
    self.tokens = tokens
    self.metrics = metrics
    self.isReadingBySize = isReadingBySize
    specs = Dictionary(runner.lanes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    table = LaneTable(
      replica: runner.replica, lanes: runner.lanes.map(\.name), options: runner.options, now: .now)
    guard case .single(let url) = runner.redis else { throw RedisError(.badURL, "Lanes need one Redis.") }
    connection = try RedisConnection(url)
    try connection.requirePrimary()
    commitDigest = try connection.digest(of: Commit.script)
  }

  /// Runs passes over the lanes until the runner stops, then releases them.
  func serve() throws(RedisError) {
    while !runner.isStopping {
      if table.untilHeartbeat(from: .now) <= .zero { try heartbeat() }
      if ready.isEmpty {
        runner.sleep(untilHeartbeat)
      } else {
        try pass()
        if hasCaughtUp { runner.sleep(runner.options.gatherDelay) }
      }
      runner.note { $0.lastPass = .now }
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
    let living = try join()
    let share = table.share(among: living)
    try release(beyond: share.quota)
    try lookAgain()
    try take(share)
    for lane in table.due(at: .now) { try touch(lane) }
    try forgiveCrashes(living)
    try trim()
    try measure()
    for lane in table.running where lane.isIdle { report(table.caughtUp(lane), of: lane.name) }
    table.endHeartbeat(share, at: .now)
    let held = table.held
    metrics.holds(held)
    runner.note { $0.lanes = held }
    noteTroubles()
  }

  /// Releases all lanes at once.
  private func leave() throws(RedisError) {
    try release(beyond: 0)
    try unregister()
    runner.note { $0.lanes = [] }
    noteTroubles()
  }
}
