import Foundation
import Keys
import Lanes
import Market
import Redis
import Synchronization
import Testbed

/// Measures how long the lanes of a killed worker, or of a killed master, are idle: until each has committed again, of a
/// worker by another owner.
final class FailOverWatch: Sendable {
  struct Orphan: Sendable {
    let lane: LaneName
    /// The replica that died; nil if it was the lane's master.
    let replica: String?
    var cursors = ""
    var since = ContinuousClock.now
  }

  struct FailOver: Sendable {
    let lane: LaneName
    let isOfMaster: Bool
    let since: ContinuousClock.Instant
    let until: ContinuousClock.Instant

    var time: Duration { until - since }
  }

  private struct State {
    var orphans: [Orphan] = []
    var done: [FailOver] = []
    var isStopped = false
  }

  private let redis: TestServers
  private let state = Mutex(State())

  init(_ redis: TestServers) { self.redis = redis }

  var failOvers: [FailOver] { state.withLock { $0.done } }
  /// How many lanes found nothing to commit before the end.
  var idleCount: Int { state.withLock { $0.orphans.count } }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Returns the lanes that a process holds now; none if that is unknown.
  func lanes(of member: ChaosSystem.Member) -> [Orphan] {
    guard let replica = member.replica, let connection = try? redis.connect() else { return [] }
    let worker = String(member.executable.prefix { $0 != "-" })
    var tags = (0..<redis.shards).map { Shard($0).tag }
    if let decider = DecidingWorker(rawValue: worker) { tags.append("{\(Key.inlet(decider))}") }
    let all = tags.map { Orphan(lane: LaneName(worker: worker, tag: $0), replica: replica) }
    let looks = (try? Self.look(at: all, on: connection)) ?? []
    return zip(all, looks).filter { $1.owner?.hasPrefix("\(replica):") == true }.map(\.0)
  }

  /// Follows the lanes of an owner that has just died.
  func follow(_ orphans: [Orphan], since moment: ContinuousClock.Instant) {
    guard !orphans.isEmpty, let connection = try? redis.connect(),
      let looks = try? Self.look(at: orphans, on: connection)
    else { return }
    state.withLock { state in
      for (var orphan, look) in zip(orphans, looks) {
        orphan.cursors = look.cursors
        orphan.since = moment
        state.orphans.append(orphan)
      }
    }
  }

  /// Follows the lanes of a master that was killed. Lanes commit again from what its replica has.
  func follow(_ kill: MasterKill) {
    var lanes = kill.shards.flatMap { shard in
      TestSystem.workers.map { LaneName(worker: $0, tag: shard.tag) }
    }
    lanes += kill.inlets.map { LaneName(worker: $0.rawValue, tag: "{\(Key.inlet($0))}") }
    follow(lanes.map { Orphan(lane: $0, replica: nil) }, since: kill.began.instant)
  }

  /// Polls every few milliseconds, because a lane does not signal a change of owner. Blocks until `stop()`.
  func run() {
    var connection: (any RedisLink)?
    while !state.withLock({ $0.isStopped }) {
      Thread.sleep(forTimeInterval: 0.01)
      let orphans = state.withLock { $0.orphans }
      guard !orphans.isEmpty else { continue }
      do {
        let open = try connection ?? redis.connect()
        connection = open
        let looks = try Self.look(at: orphans, on: open)
        let now = ContinuousClock.now
        for (orphan, look) in zip(orphans, looks) {
          guard let owner = look.owner, look.cursors != orphan.cursors,
            orphan.replica.map({ !owner.hasPrefix("\($0):") }) ?? true
          else { continue }
          state.withLock { state in
            state.orphans.removeAll { $0.lane == orphan.lane && $0.since == orphan.since }
            state.done.append(
              FailOver(
                lane: orphan.lane, isOfMaster: orphan.replica == nil, since: orphan.since, until: now))
          }
        }
      } catch {
        connection = nil
      }
    }
  }

  private static func look(
    at orphans: [Orphan], on connection: any RedisLink
  ) throws -> [(owner: String?, cursors: String)] {
    var commands = Commands()
    for orphan in orphans {
      commands.add("GET", orphan.lane.lease)
      commands.add("HGETALL", orphan.lane.cursor)
    }
    let replies = try connection.exchange(commands)
    return try stride(from: 0, to: replies.count, by: 2).map { place in
      (
        try replies[place].get().string,
        try replies[place + 1].get().compactMap(\.string).joined(separator: " ")
      )
    }
  }
}
