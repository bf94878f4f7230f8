import Foundation

/// A thread that can be waited for, but not for ever.
package struct Background: Sendable {
  private let ended = DispatchGroup()

  package init(_ work: @escaping @Sendable () -> Void) {
    let ended = ended
    ended.enter()
    Thread {
      work()
      ended.leave()
    }.start()
  }

  /// How long its end took to come; nil where it did not come in time.
  package func wait(within limit: Duration = Patience.limit) -> Duration? {
    let start = ContinuousClock.now
    let (seconds, attoseconds) = limit.components
    let time = DispatchTime.now() + Double(seconds) + Double(attoseconds) * 1e-18
    return ended.wait(timeout: time) == .success ? .now - start : nil
  }
}
