import CoreMetrics
import Synchronization

/// One series of the exposition: a line, or the lines of a histogram.
protocol Series: AnyObject, Sendable {
  static var type: String { get }

  /// Appends the series' lines; `labels` is either empty or `name="value",…` without braces.
  func write(_ name: String, _ labels: String, to text: inout String)
}

final class CounterSeries: CounterHandler, Series {
  static let type = "counter"
  private let value = Atomic<Int64>(0)

  func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
  func reset() { value.store(0, ordering: .relaxed) }

  func write(_ name: String, _ labels: String, to text: inout String) {
    text += "\(name)\(braced(labels)) \(value.load(ordering: .relaxed))\n"
  }
}

/// A value that can go up and down: a Prometheus gauge, used for the meters and plain recorders of
/// swift-metrics.
final class GaugeSeries: MeterHandler, RecorderHandler, Series {
  static let type = "gauge"
  private let value = Mutex(0.0)

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { self.value.withLock { $0 = value } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }

  func write(_ name: String, _ labels: String, to text: inout String) {
    text += "\(name)\(braced(labels)) \(number(value.withLock { $0 }))\n"
  }
}

final class HistogramSeries: RecorderHandler, TimerHandler, Series {
  static let type = "histogram"
  private struct Counts {
    var buckets: [Int]
    var count = 0
    var sum = 0.0
  }

  private let bounds: [Double]
  private let counts: Mutex<Counts>

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Mutex(Counts(buckets: Array(repeating: 0, count: bounds.count)))
  }

  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Double) {
    let place = bounds.firstIndex { value <= $0 }
    counts.withLock {
      if let place { $0.buckets[place] += 1 }
      $0.count += 1
      $0.sum += value
    }
  }

  func write(_ name: String, _ labels: String, to text: inout String) {
    let counts = counts.withLock { $0 }
    let others = labels.isEmpty ? "" : labels + ","
    var below = 0
    for (bound, count) in zip(bounds, counts.buckets) {
      below += count
      text += "\(name)_bucket{\(others)le=\"\(number(bound))\"} \(below)\n"
    }
    text += "\(name)_bucket{\(others)le=\"+Inf\"} \(counts.count)\n"
    text += "\(name)_sum\(braced(labels)) \(number(counts.sum))\n"
    text += "\(name)_count\(braced(labels)) \(counts.count)\n"
  }
}

private func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

/// Formats a number for Prometheus; whole numbers have no decimal point.
private func number(_ value: Double) -> String {
  Int(exactly: value).map { "\($0)" } ?? "\(value)"
}
