import Histogram
import Redis
import Synchronization

/// Latencies of calls in microseconds, to three significant digits. Any number of tasks can record.
final class Latencies: Sendable {
  private let histogram = Mutex(Histogram<UInt64>(numberOfSignificantValueDigits: .three))

  func record(_ duration: Duration) {
    let microseconds = UInt64(max(0, duration.seconds * 1e6))
    histogram.withLock { _ = $0.record(microseconds) }
  }

  var count: Int { histogram.withLock { Int($0.totalCount) } }
  var longest: Double { histogram.withLock { Double($0.max) } }

  /// Returns a percentile of the latencies.
  func percentile(_ percent: Double) -> Double {
    histogram.withLock { Double($0.valueAtPercentile(percent)) }
  }
}
