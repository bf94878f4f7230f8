import CoreMetrics
import Telemetry

/// What a runner counts and measures, by swift-metrics. Used on the runner's thread only.
final class LaneMetrics {
  private let worker: String
  private let entries: Counter
  private let commits: Counter
  private let deadLetters: Counter
  private let fenced: Counter
  private let reconnects: Counter
  private let commitTime: Timer
  private let batch: Recorder
  private let held: Meter
  private var tallies: [Commit.Tally: Counter] = [:]
  private var lags: [LaneName: (entries: Meter, seconds: Meter)] = [:]

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
    held.set(0)
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

  func holds(_ lanes: [LaneName]) {
    held.set(lanes.count)
    for lane in lags.keys where !lanes.contains(lane) {
      // Another replica tells of it now.
      guard let lag = lags.removeValue(forKey: lane) else { continue }
      lag.entries.destroy()
      lag.seconds.destroy()
    }
  }

  func isBehind(_ lane: LaneName, entries: Int, seconds: Double) {
    let meters = lags[lane] ?? makeLag(lane)
    lags[lane] = meters
    meters.entries.set(entries)
    meters.seconds.set(seconds)
  }

  private func makeLag(_ lane: LaneName) -> (Meter, Meter) {
    let by = [("worker", worker), ("shard", lane.tag.filter { $0 != "{" && $0 != "}" })]
    return (
      Meter(label: Metric.lagEntries.rawValue, dimensions: by),
      Meter(label: Metric.lagSeconds.rawValue, dimensions: by)
    )
  }

  private func counter(_ tally: Commit.Tally) -> Counter {
    if let known = tallies[tally] { return known }
    let by = [("worker", worker), (tally.dimension, tally.value)]
    let made = Counter(label: tally.metric.rawValue, dimensions: by)
    tallies[tally] = made
    return made
  }
}
