/// Exponential backoff with jitter, so that many clients of one server do not reconnect at once.
public struct Backoff: Sendable {
  private var failures = 0
  private let base: Duration
  private let limit: Duration

  public init(base: Duration = .milliseconds(50), limit: Duration = .seconds(2)) {
    self.base = base
    self.limit = limit
  }

  /// Returns the next wait: half to all of `base · 2ⁿ`, at most `limit`.
  public mutating func next() -> Duration {
    let whole = min(base * (1 << min(failures, 10)), limit)
    failures += 1
    return whole * Double.random(in: 0.5...1)
  }

  public mutating func reset() { failures = 0 }
}
