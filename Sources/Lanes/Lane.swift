import Market
import Redis

/// A lane that this process owns and runs.
final class Lane: RunningLane {
  let spec: LaneSpec
  /// The fencing token under which the lease was taken.
  let token: String
  let handler: any LaneHandler
  var inputs: [LaneInput]
  /// When the lease was last set, by the owner's clock.
  var extended = ContinuousClock.now
  var crashGuard: CrashGuard
  /// When its streams were last trimmed.
  var trimmed = ContinuousClock.now
  /// When it looks at its clocks, in the order of its definition.
  var timers: [TimerWatch]
  /// The place of the clock at which it looks now.
  var clock = 0

  init(
    spec: LaneSpec, token: String, handler: any LaneHandler, inputs: [LaneInput], timers: [TimerWatch],
    crashGuard: CrashGuard
  ) {
    self.spec = spec
    self.token = token
    self.handler = handler
    self.inputs = inputs
    self.timers = timers
    self.crashGuard = crashGuard
  }

  var name: LaneName { spec.name }
  var isTryingAlone: Bool { crashGuard.isTryingAlone }
  var waitsUntil: ContinuousClock.Instant? { crashGuard.waitsUntil }

  /// Whether a batch of it, or a read for it, waits for Redis.
  var isUnderWay = false

  deinit { TrialTurn.shared.giveBack(self) }

  /// Whether its entries can be handled now. False while a suspicious lane waits for its turn to be tried.
  var isReady: Bool {
    !crashGuard.isWaiting && (!crashGuard.isTryingAlone || TrialTurn.shared.take(self))
  }

  /// The positions of all its cursors, as one string.
  var position: String { inputs.map { "\($0.position)" }.joined(separator: "+") }

  /// Whether its latest read found nothing.
  var isQuiet = false

  /// Whether a read waits in Redis for its next entry. So it has nothing left to do.
  var isBlocked = false

  /// Whether the latest read left nothing to do.
  var isIdle: Bool { isBlocked || inputs.allSatisfy { $0.head == nil && $0.isExhausted } }

  /// Returns a name for the entry that is unique among all streams of the lane.
  func name(of entry: Entry) -> String { "\(inputs[entry.stream].stream) \(entry.id)" }

  /// Whether the cursors in Redis are behind, because some entries caused no writes.
  var hasMoved: Bool { inputs.contains(where: \.hasMoved) }

  /// Records that a commit succeeded.
  func committed() {
    extended = .now
    for index in inputs.indices { inputs[index].committed() }
  }

  var hasBuffered: Bool { inputs.contains { $0.head != nil } }
}
