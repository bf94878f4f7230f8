import Foundation

/// A value that threads change and a test waits for.
package final class Watched<Value: Sendable>: @unchecked Sendable {
  // Only accessed while the condition is locked.
  private var value: Value
  private let condition = NSCondition()

  package init(_ value: Value) { self.value = value }

  package var now: Value { condition.withLock { value } }

  package func change(_ body: (inout Value) -> Void) {
    condition.withLock {
      body(&value)
      condition.broadcast()
    }
  }

  /// Waits until the value meets a condition. Returns how long that took; nil if it did not in time.
  package func wait(within limit: Duration = Patience.limit, until isMet: (Value) -> Bool) -> Duration? {
    let start = ContinuousClock.now
    let (seconds, attoseconds) = limit.components
    let deadline = Date(timeIntervalSinceNow: Double(seconds) + Double(attoseconds) * 1e-18)
    return condition.withLock {
      while !isMet(value) {
        if !condition.wait(until: deadline) { return isMet(value) ? .now - start : nil }
      }
      return .now - start
    }
  }
}
