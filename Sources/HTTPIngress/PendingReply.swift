import Market
import Synchronization

/// One caller's wait for the outcome of its command. It ends once: with the outcome, or without when time is up.
final class PendingReply: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Outcome?, Never>)
    case settled(Outcome?)
  }

  /// When the time is up; the book sees to it.
  let deadline: ContinuousClock.Instant
  private let state = Mutex(State.open)

  init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

  /// Ends the wait; later calls change nothing.
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

  /// The outcome, or nil if there is none in time. Call once.
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
