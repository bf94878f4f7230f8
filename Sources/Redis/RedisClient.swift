import Foundation
import Synchronization

/// A link to Redis that any number of tasks share: what they send at the same time goes out as one pipeline.
///
/// A dedicated thread holds the blocking connections. While a server is unavailable, every call that needs it
/// fails immediately with `.unavailable`, until it can be reached again.
public final class RedisClient: Sendable {
  private struct Call: Sendable {
    /// Each of them can fail by itself.
    let parts: [Commands]
    let answer: CheckedContinuation<[Result<[Reply], RedisError>], Never>

    func refuse(because error: RedisError) {
      answer.resume(returning: Array(repeating: .failure(error), count: parts.count))
    }
  }

  private struct State {
    var waiting: [Call] = []
    var isStopped = false
    /// Why calls are refused immediately; nil while there is a connection.
    var outage: RedisError?
    /// Whether the server turned out not to be the primary, although the connection to it is intact.
    var isDemoted = false
  }

  private let deployment: RedisDeployment
  private let commandTimeout: Duration
  private let limit: Int
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - commandTimeout: How long a pipeline to a single server can take before its callers get `.timeout`.
  ///     For a node of a cluster it is as short as `ClusterConnection` says.
  ///   - limit: How many calls can wait; further ones fail with `.overloaded`.
  public init(_ deployment: RedisDeployment, commandTimeout: Duration = .seconds(2), limit: Int = 10_000) {
    self.deployment = deployment
    self.commandTimeout = commandTimeout
    self.limit = limit
  }

  /// Starts the thread. Call once, before the first `send`.
  public func start() {
    let thread = Thread { [self] in
      switch deployment {
      case .single(let url): serve(url)
      case .cluster(let cluster): serve(cluster)
      }
      ended.signal()
    }
    thread.name = "redis-client"
    thread.start()
  }

  /// Answers the waiting calls, then ends the thread. Blocks for one round trip.
  public func stop() {
    state.withLock { $0.isStopped = true }
    wake.signal()
    ended.wait()
  }

  /// Whether the last attempt to reach the server succeeded. Always true for a cluster, of which each node
  /// can fail by itself.
  public var isConnected: Bool { state.withLock { $0.outage == nil } }

  /// Sends the commands in order, without others in between, and returns their replies, including error
  /// replies. In a cluster, the order holds for the commands of each key, and the call fails if one of the
  /// nodes that it needs does not answer.
  public func send(_ commands: Commands) async throws(RedisError) -> [Reply] {
    guard !commands.isEmpty else { return [] }
    return try await sendEach([commands]).first?.get() ?? []
  }

  /// The same for several lists of commands at once. Each of them fails by itself, so that in a cluster, a node
  /// that does not answer only concerns those that need it.
  public func sendEach(_ parts: [Commands]) async -> [Result<[Reply], RedisError>] {
    await withCheckedContinuation { answer in
      let call = Call(parts: parts, answer: answer)
      switch state.withLock({ enqueue(call, &$0) }) {
      // If others wait already, the thread need not be woken: it takes all of them.
      case .success(let isFirst): if isFirst { wake.signal() }
      case .failure(let refusal): call.refuse(because: refusal)
      }
    }
  }

  /// Throws unless the server is the primary; in that case the client reconnects. In a cluster, where a node
  /// redirects what is not its own, there is nothing to check.
  public func requirePrimary() async throws(RedisError) {
    if case .cluster = deployment { return }
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

  /// Queues the call. Returns whether it is the only one that waits, or why it was refused.
  private func enqueue(_ call: Call, _ state: inout State) -> Result<Bool, RedisError> {
    if state.isStopped { return .failure(RedisError(.unavailable, "The connection to Redis was closed.")) }
    if let outage = state.outage { return .failure(outage) }
    if state.waiting.count >= limit {
      return .failure(RedisError(.overloaded, "\(limit) calls are already waiting for Redis."))
    }
    state.waiting.append(call)
    return .success(state.waiting.count == 1)
  }

  /// Serves the calls of a cluster. Each of them fails by itself if one of its nodes does not answer.
  private func serve(_ cluster: Cluster) {
    let connection = ClusterConnection(cluster)
    while true {
      wake.wait()
      let (calls, isStopped) = state.withLock { state in
        defer { state.waiting = [] }
        return (state.waiting, state.isStopped)
      }
      let receipts = calls.map { call in
        call.parts.map { part in Result { () throws(RedisError) in try connection.send(part) } }
      }
      for (call, receipts) in zip(calls, receipts) {
        call.answer.resume(
          returning: receipts.map { receipt in
            Result { () throws(RedisError) in try connection.receive(receipt.get()) }
          })
      }
      if isStopped { return }
    }
  }

  private func serve(_ url: RedisURL) {
    var connection: RedisConnection?
    var backoff = Backoff()
    while true {
      if connection == nil {
        do {
          let fresh = try RedisConnection(url, commandTimeout: commandTimeout)
          // A hanging server still accepts connections, and so does a replica: only a reply shows that it is
          // back.
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
      // By now, the name can resolve to the new primary.
      if isDemoted { connection = nil }
    }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Sleeps for the duration, or until `stop()`. Signals left by refused calls do not end the wait.
  private func rest(_ duration: Duration) {
    let end = DispatchTime.now() + duration.seconds
    while !isStopped, wake.wait(timeout: end) == .success {}
  }

  /// Sends all calls as one pipeline. Returns the error that made the connection unusable, if any.
  private func exchange(_ calls: [Call], over connection: RedisConnection) -> RedisError? {
    let parts = calls.flatMap(\.parts)
    // A single one, as in quiet times, is sent without a copy.
    var all = parts.first ?? Commands()
    for part in parts.dropFirst() { all.add(part) }
    var failure: RedisError?
    do throws(RedisError) { try connection.send(all) } catch { failure = error }
    for call in calls {
      call.answer.resume(
        returning: call.parts.map { part in
          Result { () throws(RedisError) in
            if let failure { throw failure }
            do throws(RedisError) {
              return try connection.receive(part.count)
            } catch {
              failure = error
              throw error
            }
          }
        })
    }
    return failure
  }

  /// Fails the waiting calls, and all later ones while there is no connection. Returns false if the client
  /// was stopped.
  private func refuseAll(_ error: RedisError) -> Bool {
    let (calls, isStopped) = state.withLock { state in
      defer { state.waiting.removeAll() }
      state.outage = error
      return (state.waiting, state.isStopped)
    }
    for call in calls { call.refuse(because: error) }
    return !isStopped
  }
}

extension Duration {
  /// The duration in seconds, for Dispatch and Foundation.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
