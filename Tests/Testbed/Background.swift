import Foundation

/// A thread that can be waited for, with a timeout.
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

  /// Waits for the thread to end. Returns how long that took; nil if it did not end in time.
  package func wait(within limit: Duration = Patience.limit) -> Duration? {
    let start = ContinuousClock.now
    let (seconds, attoseconds) = limit.components
    let time = DispatchTime.now() + Double(seconds) + Double(attoseconds) * 1e-18
    return ended.wait(timeout: time) == .success ? .now - start : nil
  }
}
