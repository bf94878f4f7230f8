import Foundation
import Synchronization

/// One Redis for any number of tasks: what they send at the same time goes out as one pipeline.
///
/// A thread of its own holds the blocking connection. While Redis is away every call fails at once with
/// `.unavailable`, and the thread keeps trying to come back.
public final class RedisClient: Sendable {
  private struct Call: Sendable {
    let commands: Commands
    let answer: CheckedContinuation<Result<[Reply], RedisError>, Never>
  }

  private struct State {
    var waiting: [Call] = []
    var isStopped = false
    /// Why calls are refused at once, while there is no connection.
    var outage: RedisError?
    /// Whether the server turned out to be no primary, though the connection to it holds.
    var isDemoted = false
  }

  private let url: RedisURL
  private let commandTimeout: Duration
  private let limit: Int
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - commandTimeout: how long a pipeline may take before its callers get `.timeout`.
  ///   - limit: how many calls may wait; one more fails with `.overloaded`.
  public init(_ url: RedisURL, commandTimeout: Duration = .seconds(2), limit: Int = 10_000) {
    self.url = url
    self.commandTimeout = commandTimeout
    self.limit = limit
  }

  /// Starts the thread. Call once, before the first `send`.
  public func start() {
    let thread = Thread { [self] in
      serve()
      ended.signal()
    }
    thread.name = "redis-client"
    thread.start()
  }

  /// Answers what waits, then ends the thread. Blocks for one round trip.
  public func stop() {
    state.withLock { $0.isStopped = true }
    wake.signal()
    ended.wait()
  }

  /// Whether the last try to reach Redis worked.
  public var isConnected: Bool { state.withLock { $0.outage == nil } }

  /// Sends the commands in order, in one piece, and gives their replies; error replies are among them.
  public func send(_ commands: Commands) async throws(RedisError) -> [Reply] {
    guard !commands.isEmpty else { return [] }
    let result: Result<[Reply], RedisError> = await withCheckedContinuation { answer in
      switch state.withLock({ enqueue(Call(commands: commands, answer: answer), &$0) }) {
      // Who finds others waiting need not wake the thread: it takes all of them.
      case .success(let isFirst): if isFirst { wake.signal() }
      case .failure(let refusal): answer.resume(returning: .failure(refusal))
      }
    }
    return try result.get()
  }

  /// Asks the server whether it is the primary; if it is not, connects anew.
  public func requirePrimary() async throws(RedisError) {
    let replies = try await send(PrimaryCheck.question)
    do throws(RedisError) {
      try PrimaryCheck.judge(replies)
    } catch {
      if error.endsConnection {
        state.withLock { $0.isDemoted = true }
        wake.signal()
      }
      throw error
    }
  }

  /// Whether the call is the only one that waits, or why it may not.
  private func enqueue(_ call: Call, _ state: inout State) -> Result<Bool, RedisError> {
    if state.isStopped { return .failure(RedisError(.unavailable, "The connection to Redis was closed.")) }
    if let outage = state.outage { return .failure(outage) }
    if state.waiting.count >= limit {
      return .failure(RedisError(.overloaded, "\(limit) calls wait for Redis already."))
    }
    state.waiting.append(call)
    return .success(state.waiting.count == 1)
  }

  private func serve() {
    var connection: RedisConnection?
    var backoff = Backoff()
    while true {
      if connection == nil {
        do {
          let fresh = try RedisConnection(url, commandTimeout: commandTimeout)
          // A server that hangs still takes connections, and so does a replica: only an answer says that it is back.
          try fresh.requirePrimary()
          connection = fresh
          backoff.reset()
          state.withLock { $0.outage = nil }
        } catch {
          guard refuseAll(error) else { return }
          rest(backoff.next())
          if isStopped { return }
          continue
        }
      }
      wake.wait()
      let (calls, isStopped, isDemoted) = state.withLock { state in
        defer { (state.waiting, state.isDemoted) = ([], false) }
        return (state.waiting, state.isStopped, state.isDemoted)
      }
      if let open = connection, !calls.isEmpty {
        if let failure = exchange(calls, over: open) {
          connection = nil
          guard refuseAll(failure) else { return }
        }
      }
      if isStopped { return }
      // The name may lead to the new primary by now.
      if isDemoted { connection = nil }
    }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Waits, but not past `stop()`. Calls that were refused have left signals, which end no wait.
  private func rest(_ duration: Duration) {
    let end = DispatchTime.now() + duration.seconds
    while !isStopped, wake.wait(timeout: end) == .success {}
  }

  /// One pipeline for all calls. Gives the failure that made the connection useless, if one did.
  private func exchange(_ calls: [Call], over connection: RedisConnection) -> RedisError? {
    // One call alone, as in quiet times, goes out without a copy.
    var all = calls.first?.commands ?? Commands()
    for call in calls.dropFirst() { all.add(call.commands) }
    var answered = 0
    do throws(RedisError) {
      try connection.send(all)
      for call in calls {
        let replies = try connection.receive(call.commands.count)
        call.answer.resume(returning: .success(replies))
        answered += 1
      }
      return nil
    } catch {
      for call in calls[answered...] { call.answer.resume(returning: .failure(error)) }
      return error
    }
  }

  /// From here on calls fail at once. False where the client was stopped.
  private func refuseAll(_ error: RedisError) -> Bool {
    let (calls, isStopped) = state.withLock { state in
      defer { state.waiting.removeAll() }
      state.outage = error
      return (state.waiting, state.isStopped)
    }
    for call in calls { call.answer.resume(returning: .failure(error)) }
    return !isStopped
  }
}

extension Duration {
  /// In seconds, as Dispatch and Foundation count time.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
