/// A lane that stands still: its owner holds the lease, but cannot continue for now.
final class StandingLane {
  let spec: LaneSpec
  let token: String
  let trouble: LaneTrouble

  init(spec: LaneSpec, token: String, trouble: LaneTrouble) {
    self.spec = spec
    self.token = token
    self.trouble = trouble
  }
}
