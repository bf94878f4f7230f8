@testable import Lanes

/// A lane that runs without a Redis.
final class FakeLane: RunningLane {
  let name: LaneName
  let token: String
  var extended: ContinuousClock.Instant
  var hasMoved = false
  var isIdle = false
  var isTryingAlone = false
  var waitsUntil: ContinuousClock.Instant?

  init(_ name: LaneName, token: String, extended: ContinuousClock.Instant) {
    self.name = name
    self.token = token
    self.extended = extended
  }
}
