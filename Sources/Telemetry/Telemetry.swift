import CoreMetrics
import Synchronization

/// A swift-metrics backend that exposes the metrics of this process to Prometheus.
public final class Telemetry: MetricsFactory {
  private struct Name: Hashable {
    let label: String
    let dimensions: String
  }

  private let series = Mutex<[Name: any Series]>([:])

  public init() {}

  /// Returns all series in Prometheus' text format, version 0.0.4.
  public func exposition() -> String {
    var text = ""
    var last = ""
    let all = series.withLock { $0 }.sorted {
      ($0.key.label, $0.key.dimensions) < ($1.key.label, $1.key.dimensions)
    }
    for (name, series) in all {
      if name.label != last {
        last = name.label
        if let help = Metric(rawValue: last)?.help { text += "# HELP \(last) \(help)\n" }
        text += "# TYPE \(last) \(type(of: series).type)\n"
      }
      series.write(name.label, name.dimensions, to: &text)
    }
    return text
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    find(label, dimensions) { CounterSeries() }
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate
      ? find(label, dimensions) { HistogramSeries(bounds: Metric.buckets(for: label)) }
      : find(label, dimensions) { GaugeSeries() }
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    find(label, dimensions) { GaugeSeries() }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    find(label, dimensions) { HistogramSeries(bounds: Metric.buckets(for: label)) }
  }

  public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
  public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

  /// Returns the series of this name, created on first use. If the name is in use for another type, returns a
  /// detached series: telemetry never stops the program.
  private func find<Kind: Series>(
    _ label: String, _ dimensions: [(String, String)], _ make: () -> Kind
  ) -> Kind {
    let name = Name(label: label, dimensions: dimensions.map(Self.written).joined(separator: ","))
    return series.withLock { series in
      if let known = series[name] { return known as? Kind ?? make() }
      let made = make()
      series[name] = made
      return made
    }
  }

  private func forget(_ handler: AnyObject) {
    series.withLock { series in
      for (name, known) in series where known === handler { series[name] = nil }
    }
  }

  private static func written(_ dimension: (String, String)) -> String {
    var value = ""
    for character in dimension.1 {
      switch character {
      case "\\": value += "\\\\"
      case "\"": value += "\\\""
      case "\n": value += "\\n"
      default: value.append(character)
      }
    }
    return "\(dimension.0)=\"\(value)\""
  }
}
