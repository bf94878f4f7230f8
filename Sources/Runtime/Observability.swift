import CoreMetrics
import Telemetry

/// The metrics of this process.
package enum Observability {
  /// The swift-metrics backend. Created and registered on first use, which must precede all other metrics.
  package static let telemetry: Telemetry = {
    let telemetry = Telemetry()
    MetricsSystem.bootstrap(telemetry)
    return telemetry
  }()
}
