import Synchronization

/// What one stream has still to send. A client that does not keep up loses its stream, and comes back with the id of
/// the last notice that it got.
final class NoticeQueue: Sendable {
  /// The most events that wait.
  static let limit = 100

  private struct State {
    var events: [NoticeEvent] = []
    var isEnded = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Adds events, or ends the stream if they are too many.
  func add(_ events: [NoticeEvent]) {
    change { state in
      if state.events.count + events.count <= Self.limit {
        state.events += events
      } else {
        state.events = []
        state.isEnded = true
      }
    }
  }

  /// Lets the client know that the stream is alive, unless there is something to tell it anyway.
  func keepAlive() {
    change { if $0.events.isEmpty { $0.events = [.keepAlive] } }
  }

  /// Ends the stream, once all that was added is sent.
  func end() {
    change { $0.isEnded = true }
  }

  /// Waits for events. Returns all there are; nil at the end. Call from one task.
  func next() async -> [NoticeEvent]? {
    while true {
      let (events, isEnded) = state.withLock { state in
        defer { state.events = [] }
        return (state.events, state.isEnded)
      }
      if !events.isEmpty { return events }
      if isEnded { return nil }
      await withCheckedContinuation { waiter in
        let isReady = state.withLock { state in
          if !state.events.isEmpty || state.isEnded { return true }
          state.waiter = waiter
          return false
        }
        if isReady { waiter.resume() }
      }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
      if state.isEnded { return nil }
      body(&state)
      if state.events.isEmpty, !state.isEnded { return nil }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}
