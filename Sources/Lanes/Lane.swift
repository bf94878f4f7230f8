import Market
import Redis

/// A lane in its owner's hands.
final class Lane {
  let spec: LaneSpec
  /// The fencing token of this taking.
  let token: String
  let handler: any LaneHandler
  var inputs: [LaneInput]
  /// When the lease was last set, by the owner's clock.
  var extended: ContinuousClock.Instant

  init(
    spec: LaneSpec, token: String, handler: any LaneHandler, inputs: [LaneInput],
    extended: ContinuousClock.Instant
  ) {
    self.spec = spec
    self.token = token
    self.handler = handler
    self.inputs = inputs
    self.extended = extended
  }

  var hasBuffered: Bool { inputs.contains { $0.head != nil } }
}
