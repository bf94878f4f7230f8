import Foundation
import Redis

/// Numbered moments at even distances. A late caller skips the moments that have passed.
struct Pace: Sendable {
  let start: ContinuousClock.Instant
  let deadline: ContinuousClock.Instant
  let period: Duration
  private var number = -1

  /// - Parameter phase: the delay of the first moment, as a fraction of the distance, 0…1.
  init(
    from start: ContinuousClock.Instant, to deadline: ContinuousClock.Instant, every period: Duration,
    phase: Double
  ) {
    self.start = start + .seconds(period.seconds * phase)
    self.deadline = deadline
    self.period = period
  }

  /// Returns the next moment and its number; nil after the deadline.
  mutating func next() -> (number: Int, moment: ContinuousClock.Instant)? {
    let passed = max(0, (ContinuousClock.now - start).seconds / period.seconds)
    number = max(number + 1, Int(passed))
    let moment = start + period * number
    return moment < deadline ? (number, moment) : nil
  }
}
