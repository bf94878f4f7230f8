import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Synchronization

/// Rebuilds notices and my pages from the journal.
package enum ReadModels {
  /// One kind of read model.
  package enum Kind: String, CaseIterable, Sendable { case notices, mypages }

  /// Applies all events that the journals still have again.
  ///
  /// Correct records are untouched; missing ones are recreated. Only users' records are written: nothing is
  /// announced again, and the lanes' own cursors do not move. Blocks until it is done, and continues after an
  /// outage. The lanes should be at rest: a my page row applies events only in order, and would miss late
  /// ones. Concurrent rebuilds do no harm, but a caller that removes records first needs the `RebuildLock`.
  ///
  /// - Parameters:
  ///   - kinds: the read models to rebuild.
  ///   - onProgress: called with the number of applied events and of all events, on any thread.
  package static func rebuild(
    _ shards: [Shard], _ kinds: Set<Kind> = Set(Kind.allCases), on redis: RedisDeployment, logger: Logger,
    onProgress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws(RedisError) {
    let connection = try redis.connect()
    var all = 0
    var ends: [Shard: EntryID] = [:]
    for shard in shards {
      let newest = try connection.call("XREVRANGE", Key.journal(of: shard), "+", "-", "COUNT", "1")
      ends[shard] = newest[0]?[0]?.string.flatMap { EntryID($0) }
      all += try connection.call("XLEN", Key.journal(of: shard)).integer ?? 0
    }
    if ends.isEmpty { return }
    let progress = Progress(until: ends, of: all, onProgress)
    // Lanes of its own: rebuilds under the same name would share the lanes, and neither would see all ends.
    let worker = "\(prefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
    let lanes = ends.keys.map { shard in
      LaneSpec(
        name: LaneName(worker: worker, tag: shard.tag), streams: [Key.journal(of: shard)],
        makeHandler: { RebuildHandler(shard: shard, kinds: kinds, progress: progress) })
    }
    let runner = LaneRunner(worker: worker, lanes: lanes, redis: redis, logger: logger)
    progress.whenDone { runner.stop() }
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      runner.run()
      ended.signal()
    }
    while ended.wait(timeout: .now() + 1) == .timedOut { progress.passDeleted(on: redis) }
    progress.whenDone {}
    try forget([worker], ends.keys, on: redis.connect())
  }

  private static let prefix = "rebuild-"

  /// Removes what killed rebuilds left behind. The caller holds the `RebuildLock`, so that none is running.
  package static func clear(_ shards: [Shard], on connection: any RedisLink) throws(RedisError) {
    var left: Set<String> = []
    for shard in shards {
      for group in try connection.call("XINFO", "GROUPS", Key.journal(of: shard)) {
        if let name = group.pairs["name"], name.hasPrefix(prefix) { left.insert(name) }
      }
    }
    try forget(left, shards, on: connection)
  }

  /// Removes all traces of these workers' lanes.
  private static func forget(
    _ workers: Set<String>, _ shards: some Collection<Shard>, on connection: any RedisLink
  ) throws(RedisError) {
    var commands = Commands()
    for worker in workers {
      for shard in shards {
        let lane = LaneName(worker: worker, tag: shard.tag)
        commands.add("XGROUP", "DESTROY", Key.journal(of: shard), worker)
        commands.add("DEL", lane.cursor, lane.attempts, lane.lease)
      }
      commands.add("DEL", LaneName.replicas(of: worker))
    }
    for reply in try connection.exchange(commands) { try reply.get() }
  }
}

/// The shared progress of a rebuild's lanes.
private final class Progress: Sendable {
  private struct State {
    var ends: [Shard: EntryID]
    /// The last applied event of each shard.
    var reached: [Shard: EntryID] = [:]
    var listings: [Int: JournalEvent] = [:]
    var applied = 0
    var done: @Sendable () -> Void = {}
  }

  private let state: Mutex<State>
  private let all: Int
  private let tell: @Sendable (Int, Int) -> Void

  init(until ends: [Shard: EntryID], of all: Int, _ tell: @escaping @Sendable (Int, Int) -> Void) {
    state = Mutex(State(ends: ends))
    self.all = all
    self.tell = tell
  }

  func whenDone(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.done = body } }

  func reached(_ position: EntryID, in shard: Shard, by events: Int) {
    state.withLock {
      $0.applied += events
      $0.reached[shard] = position
      tell($0.applied, all)
      if let end = $0.ends[shard], end <= position { $0.ends[shard] = nil }
      if $0.ends.isEmpty { $0.done() }
    }
  }

  /// Stops waiting for events that were deleted after the rebuild began.
  func passDeleted(on redis: RedisDeployment) {
    let (ends, reached) = state.withLock { ($0.ends, $0.reached) }
    // During an outage, the next attempt will find out.
    guard let connection = try? redis.connect() else { return }
    for (shard, end) in ends {
      let start = reached[shard].map { "(\($0)" } ?? "-"
      guard
        let left = try? connection.call("XRANGE", Key.journal(of: shard), start, "\(end)", "COUNT", "1"),
        left.count == 0
      else { continue }
      self.reached(end, in: shard, by: 0)
    }
  }

  /// Returns the batch, preceded by the last earlier listings of its products.
  ///
  /// The listings tell who sold a product at the time of an event; the seller stored in Redis is too new.
  func withListings(_ events: [JournalEvent]) -> [JournalEvent] {
    state.withLock {
      let before = Set(events.map(\.event.productid)).compactMap { [listings = $0.listings] in listings[$0] }
      for item in events {
        if case .listing(.tradeListed, let listing) = item.event.fact {
          $0.listings[listing.productid] = item
        }
      }
      return before.sorted { $0.position < $1.position } + events
    }
  }
}

private final class RebuildHandler: LaneHandler {
  private let lane: ProjectionLane
  private let kinds: Set<ReadModels.Kind>
  private let progress: Progress

  init(shard: Shard, kinds: Set<ReadModels.Kind>, progress: Progress) {
    lane = ProjectionLane(shard: shard)
    self.kinds = kinds
    self.progress = progress
  }

  func begin(_ batch: [Entry]) -> any LaneWork {
    RebuildWork(in: lane, kinds: kinds, progress: progress, batch: batch)
  }
}

private struct RebuildWork: LaneWork {
  let lane: ProjectionLane
  let progress: Progress
  let batch: [Entry]
  /// The read models that are still to be rebuilt, one after another.
  private var runs: [any LaneWork] = []

  init(in lane: ProjectionLane, kinds: Set<ReadModels.Kind>, progress: Progress, batch: [Entry]) {
    self.lane = lane
    self.progress = progress
    self.batch = batch
    // Unreadable entries are among the dead letters already.
    let events = batch.compactMap { entry in
      (try? Event(fields: entry.fields())).map { JournalEvent(event: $0, position: entry.id) }
    }
    if kinds.contains(.notices) {
      let model = NotificationProjection(in: lane, isReplay: true)
      runs.append(ProjectionRun(model, progress.withListings(events)))
    }
    if kinds.contains(.mypages) {
      let model = MypageProjection(in: lane, isReplay: true)
      runs.append(ProjectionRun(model, events))
    }
  }

  mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    var replies = replies
    while !runs.isEmpty {
      let step = try runs[0].next(replies, commit: &commit)
      guard case .commit = step else { return step }
      runs.removeFirst()
      replies = []
    }
    if let last = batch.last { progress.reached(last.id, in: lane.shard, by: batch.count) }
    return .commit
  }
}
