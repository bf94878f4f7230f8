import CoreMetrics
import Telemetry

/// What this process tells of itself.
package enum Observability {
  /// The process's metrics; made, and given to swift-metrics, on first use: before anything is counted.
  package static let telemetry: Telemetry = {
    let telemetry = Telemetry()
    MetricsSystem.bootstrap(telemetry)
    return telemetry
  }()
}
