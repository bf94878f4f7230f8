import Synchronization

/// Limits how many units each caller can use: a token bucket per caller, which holds a minute's units.
///
/// A bucket is stored as the time at which it is full again. From then on it says nothing and is dropped, so the
/// callers of about the last two minutes are remembered. If there are too many, those that called longest ago are
/// forgotten before that: they have full buckets again, like anybody who never called.
final class RateLimiter: Sendable {
  enum Caller: Hashable, Sendable {
    /// A verified user, by the bytes of the id.
    case user([UInt8])
    case address(ClientAddress)
  }

  struct Verdict: Equatable, Sendable {
    let isAdmitted: Bool
    /// How many whole units the caller has left.
    let remaining: Int
    /// The seconds until a call that was refused can be made, or else until the caller has one more unit. Rounded
    /// up; 0 if the bucket is full.
    let seconds: Int
  }

  private struct Buckets {
    /// When the buckets are full, in nanoseconds since `epoch`.
    var recent: [Caller: Int64] = [:]
    /// Those of callers who have not called since the last turn.
    var earlier: [Caller: Int64] = [:]
    /// When `recent` last became `earlier`.
    var turned: Int64 = 0
  }

  let perMinute: Int
  private let most: Int
  /// The nanoseconds in which one unit comes back; rounded up, so that the rate is never exceeded.
  private let interval: Int64
  /// The nanoseconds in which an empty bucket becomes full.
  private let window: Int64
  private let epoch: ContinuousClock.Instant
  private let buckets = Mutex(Buckets())

  /// - Parameters:
  ///   - perMinute: how many units a caller can use in a minute, all at once if need be; at least 1.
  ///   - most: how many callers are remembered at most.
  init(perMinute: Int, most: Int = 100_000, epoch: ContinuousClock.Instant = .now) {
    self.perMinute = perMinute
    self.most = most
    let units = Int64(perMinute)
    interval = (60_000_000_000 + units - 1) / units
    window = interval * units
    self.epoch = epoch
  }

  /// How many callers are remembered.
  var count: Int { buckets.withLock { $0.recent.count + $0.earlier.count } }

  /// Takes units from a caller's bucket if it has that many; otherwise leaves it as it is.
  ///
  /// - Parameter cost: the units; one that is larger than the bucket takes all of it.
  func admit(_ caller: Caller, cost: Int = 1, at time: ContinuousClock.Instant = .now) -> Verdict {
    let price = Int64(min(max(cost, 1), perMinute)) * interval
    let now = (time - epoch).nanoseconds
    let (used, isAdmitted, _) = buckets.withLock { buckets in
      let dropped = turn(&buckets, now)
      let full = max(now, buckets.recent[caller] ?? buckets.earlier[caller] ?? now)
      let isAdmitted = full - now + price <= window
      // Who is refused is remembered all the more.
      let next = isAdmitted ? full + price : full
      buckets.recent[caller] = next
      // What was dropped is freed outside the lock.
      return (next - now, isAdmitted, dropped)
    }
    let remaining = (window - used) / interval
    let wait = isAdmitted ? used - window + (remaining + 1) * interval : used + price - window
    return Verdict(
      isAdmitted: isAdmitted, remaining: Int(remaining),
      seconds: used == 0 ? 0 : Int((wait + 999_999_999) / 1_000_000_000))
  }

  /// Drops the callers who have not called for so long that their buckets are full, and others only to make room.
  private func turn(_ buckets: inout Buckets, _ now: Int64) -> [Caller: Int64]? {
    guard buckets.recent.count >= most / 2 || now - buckets.turned >= window else { return nil }
    let dropped = buckets.earlier
    buckets.earlier = buckets.recent
    buckets.recent = [:]
    buckets.turned = now
    return dropped
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
