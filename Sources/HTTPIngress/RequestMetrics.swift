import CoreMetrics
import Hummingbird
import Redis
import Synchronization
import Telemetry

/// The metric handles per kind of call. They are cached: finding one by its labels costs more than counting.
final class RequestMetrics: Sendable {
  struct Kind: Hashable {
    let method: HTTPRequest.Method
    let route: String
    let status: Int
  }

  private struct Handles {
    let calls: Counter
    let seconds: Timer
  }

  private let handles = Mutex<[Kind: Handles]>([:])

  func add(_ kind: Kind, _ duration: Duration) {
    let handles = handles.withLock { known in
      if let handles = known[kind] { return handles }
      let by = [("method", kind.method.rawValue), ("route", kind.route), ("status", "\(kind.status)")]
      let made = Handles(
        calls: Counter(label: Metric.httpRequests.rawValue, dimensions: by),
        seconds: Timer(label: Metric.httpSeconds.rawValue, dimensions: by))
      known[kind] = made
      return made
    }
    handles.calls.increment()
    handles.seconds.recordNanoseconds(Int64(duration.seconds * 1e9))
  }
}
