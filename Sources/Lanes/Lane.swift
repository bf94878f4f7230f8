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
  var extended = ContinuousClock.now
  var crashGuard: CrashGuard
  /// When its streams were last made shorter.
  var trimmed = ContinuousClock.now
  /// Why it stood still until it was opened again; nil once it has shown that it can go on.
  var trouble: String?

  init(
    spec: LaneSpec, token: String, handler: any LaneHandler, inputs: [LaneInput], crashGuard: CrashGuard
  ) {
    self.spec = spec
    self.token = token
    self.handler = handler
    self.inputs = inputs
    self.crashGuard = crashGuard
  }

  deinit { TrialTurn.shared.giveBack(self) }

  /// Whether its entries may be handled now: always, unless it is suspicious and not its turn to be tried.
  var isReady: Bool {
    !crashGuard.isWaiting && (!crashGuard.isTryingAlone || TrialTurn.shared.take(self))
  }

  /// Where its cursors are, in one word.
  var position: String { inputs.map { "\($0.position)" }.joined(separator: "+") }

  /// Whether the latest read found nothing more to do.
  var isIdle: Bool { inputs.allSatisfy { $0.head == nil && $0.isExhausted } }

  /// An entry's name among all that the lane reads.
  func name(of entry: Entry) -> String { "\(inputs[entry.stream].stream) \(entry.id)" }

  /// Whether the cursors in Redis are behind, by entries that left nothing to write.
  var hasMoved: Bool { inputs.contains(where: \.hasMoved) }

  /// A commit went through.
  func committed() {
    extended = .now
    for index in inputs.indices { inputs[index].committed() }
  }

  var hasBuffered: Bool { inputs.contains { $0.head != nil } }
}
