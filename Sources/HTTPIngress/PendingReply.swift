import Market
import Synchronization

/// One call's wait for a command's outcome. It resolves once: with the outcome, or with nil on timeout.
final class PendingReply: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Outcome?, Never>)
    case settled(Outcome?)
  }

  /// When the wait times out; `PendingReplies` enforces it.
  let deadline: ContinuousClock.Instant
  private let state = Mutex(State.open)

  init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

  /// Resolves the wait; later calls have no effect.
  func settle(_ outcome: Outcome?) {
    let waiter: CheckedContinuation<Outcome?, Never>? = state.withLock { state in
      switch state {
      case .settled: return nil
      case .open:
        state = .settled(outcome)
        return nil
      case .awaited(let waiter):
        state = .settled(outcome)
        return waiter
      }
    }
    waiter?.resume(returning: outcome)
  }

  /// Returns the outcome, or nil on timeout. Call once.
  func outcome() async -> Outcome? {
    await withCheckedContinuation { waiter in
      let settled: Outcome?? = state.withLock { state in
        if case .settled(let outcome) = state { return .some(outcome) }
        state = .awaited(waiter)
        return .none
      }
      if case .some(let outcome) = settled { waiter.resume(returning: outcome) }
    }
  }
}
