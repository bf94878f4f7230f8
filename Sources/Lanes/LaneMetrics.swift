import CoreMetrics
import Telemetry

/// The metrics of a runner, reported with swift-metrics. Used on the runner's thread only.
final class LaneMetrics {
  private let worker: String
  private let entries: Counter
  private let commits: Counter
  private let deadLetters: Counter
  private let fenced: Counter
  private let reconnects: Counter
  private let commitTime: Timer
  private let batch: Recorder
  /// Changed by differences, because all runners of a worker in a process share it.
  private let held: Meter
  private var heldBefore = 0
  private let standing: Meter
  private var standingBefore = 0
  private let removed: Counter
  private let returns: Counter
  private let dropped: Counter
  private var tallies: [Commit.Tally: Counter] = [:]
  private var lags: [LaneName: (entries: Meter, seconds: Meter)] = [:]
  private var timerLags: [LaneName: Meter] = [:]

  init(worker: String) {
    self.worker = worker
    let by = [("worker", worker)]
    entries = Counter(label: Metric.entries.rawValue, dimensions: by)
    commits = Counter(label: Metric.commits.rawValue, dimensions: by)
    deadLetters = Counter(label: Metric.deadLetters.rawValue, dimensions: by)
    fenced = Counter(label: Metric.fencedCommits.rawValue, dimensions: by)
    reconnects = Counter(label: Metric.redisReconnects.rawValue, dimensions: by)
    commitTime = Timer(label: Metric.commitSeconds.rawValue, dimensions: by)
    batch = Recorder(label: Metric.batchEntries.rawValue, dimensions: by, aggregate: true)
    held = Meter(label: Metric.lanesHeld.rawValue, dimensions: by)
    held.increment(by: 0)
    standing = Meter(label: Metric.lanesStanding.rawValue, dimensions: by)
    standing.increment(by: 0)
    removed = Counter(label: Metric.entriesRemoved.rawValue, dimensions: by)
    returns = Counter(label: Metric.inletsRestarted.rawValue, dimensions: by)
    dropped = Counter(label: Metric.deadLettersDropped.rawValue, dimensions: by)
  }

  func handled(_ count: Int) {
    entries.increment(by: count)
    batch.record(count)
  }

  func committed(_ commit: Commit, in time: Duration) {
    commits.increment()
    commitTime.recordNanoseconds(Int64(time.seconds * 1e9))
    deadLetters.increment(by: commit.deadLetters.count)
    for (tally, count) in commit.tallies { counter(tally).increment(by: count) }
  }

  func wasFenced() { fenced.increment() }

  func reconnected() { reconnects.increment() }

  /// Counts entries that were removed before they were read.
  func removed(_ count: Int) { removed.increment(by: count) }

  /// Counts an inlet that was emptied or deleted and restarts.
  func cameBack() { returns.increment() }

  func droppedDeadLetters(_ count: Int) { dropped.increment(by: count) }

  func keepsDeadLetters(_ lane: LaneName, _ count: Int) {
    Meter(label: Metric.deadLettersKept.rawValue, dimensions: [("slot", Self.slot(of: lane))]).set(count)
  }

  /// Reports how many lanes stand still.
  func stands(_ count: Int) {
    standing.increment(by: Double(count - standingBefore))
    standingBefore = count
  }

  func holds(_ lanes: [LaneName]) {
    held.increment(by: Double(lanes.count - heldBefore))
    heldBefore = lanes.count
    for lane in lags.keys where !lanes.contains(lane) {
      // Another replica reports its lag now.
      guard let lag = lags.removeValue(forKey: lane) else { continue }
      lag.entries.destroy()
      lag.seconds.destroy()
      timerLags.removeValue(forKey: lane)?.destroy()
    }
  }

  func isBehind(_ lane: LaneName, entries: Int, seconds: Double) {
    // Created each time: another runner of the process can have released the lane and destroyed them.
    let meters = makeLag(lane)
    lags[lane] = meters
    meters.entries.set(entries)
    meters.seconds.set(seconds)
  }

  /// Counts timers that came due.
  func cameDue(_ count: Int) {
    Counter(label: Metric.timers.rawValue, dimensions: [("worker", worker)]).increment(by: count)
  }

  func timersAreLate(_ lane: LaneName, seconds: Double) {
    let meter = Meter(label: Metric.timerLagSeconds.rawValue, dimensions: by(lane))
    timerLags[lane] = meter
    meter.set(seconds)
  }

  private func makeLag(_ lane: LaneName) -> (entries: Meter, seconds: Meter) {
    (
      Meter(label: Metric.lagEntries.rawValue, dimensions: by(lane)),
      Meter(label: Metric.lagSeconds.rawValue, dimensions: by(lane))
    )
  }

  private func by(_ lane: LaneName) -> [(String, String)] {
    [("worker", worker), ("shard", Self.slot(of: lane))]
  }

  private static func slot(of lane: LaneName) -> String { lane.tag.filter { $0 != "{" && $0 != "}" } }

  private func counter(_ tally: Commit.Tally) -> Counter {
    if let known = tallies[tally] { return known }
    let by = [("worker", worker), (tally.dimension, tally.value)]
    let made = Counter(label: tally.metric.rawValue, dimensions: by)
    tallies[tally] = made
    return made
  }
}
