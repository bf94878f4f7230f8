import Market
import Synchronization

/// Who waits here for which command.
final class PendingReplies: Sendable {
  private let waiting = Mutex<[String: [PendingReply]]>([:])

  /// Opens a wait. Do so before the command is let in, and `close` it in the end.
  func expect(_ commandid: String, within time: Duration) -> PendingReply {
    let expectation = PendingReply(deadline: .now + time)
    waiting.withLock { $0[commandid, default: []].append(expectation) }
    return expectation
  }

  func close(_ expectation: PendingReply, of commandid: String) {
    waiting.withLock { waiting in
      guard var others = waiting.removeValue(forKey: commandid) else { return }
      others.removeAll { $0 === expectation }
      if !others.isEmpty { waiting[commandid] = others }
    }
  }

  /// Hands an outcome to all who wait for it.
  func settle(_ commandid: String, _ outcome: Outcome) {
    let expectations = waiting.withLock { $0.removeValue(forKey: commandid) } ?? []
    for expectation in expectations { expectation.settle(outcome) }
  }

  /// Ends the waits whose time is up, until it is cancelled: up to a tenth of a second late.
  ///
  /// One clock for all, because a timer for every call costs more than the wait itself.
  func watch() async throws {
    while true {
      try await Task.sleep(for: .milliseconds(100))
      let now = ContinuousClock.now
      let late = waiting.withLock { $0.values.flatMap { $0.filter { $0.deadline <= now } } }
      for expectation in late { expectation.settle(nil) }
    }
  }
}
