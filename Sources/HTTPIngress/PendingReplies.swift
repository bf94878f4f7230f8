import Market
import Synchronization

/// The calls of this process that wait for the outcome of a command.
final class PendingReplies: Sendable {
  private let waiting = Mutex<[String: [PendingReply]]>([:])

  /// Opens a wait. Call this before the command is admitted, and `close` afterwards.
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

  /// Resolves all waits for a command.
  func settle(_ commandid: String, _ outcome: Outcome) {
    let expectations = waiting.withLock { $0.removeValue(forKey: commandid) } ?? []
    for expectation in expectations { expectation.settle(outcome) }
  }

  /// Ends the waits past their deadline, up to a tenth of a second late, until canceled.
  ///
  /// One timer for all, because a timer for every call costs more than the wait itself.
  func watch() async throws {
    while true {
      try await Task.sleep(for: .milliseconds(100))
      let now = ContinuousClock.now
      let late = waiting.withLock { $0.values.flatMap { $0.filter { $0.deadline <= now } } }
      for expectation in late { expectation.settle(nil) }
    }
  }
}
