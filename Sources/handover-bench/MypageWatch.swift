import Foundation
import Keys
import Redis
import Synchronization

/// Measures, to the millisecond, when a user's first row appears on my page.
final class MypageWatch: Sendable {
  private struct State {
    var waiting: [String: ContinuousClock.Instant] = [:]
    var failure: RedisError?
    var isStopped = false
  }

  let latencies = Latencies()
  private let url: RedisURL
  private let state = Mutex(State())

  init(_ url: RedisURL) {
    self.url = url
    Thread { [self] in watch() }.start()
  }

  /// Watches for a row of the user, whose reservation was meant to start at `intended`.
  func expect(_ userid: String, from intended: ContinuousClock.Instant) {
    state.withLock { $0.waiting[userid] = intended }
  }

  /// Waits for the remaining rows, then ends.
  func finish(within limit: Duration = .seconds(10)) async throws {
    defer { state.withLock { $0.isStopped = true } }
    let deadline = ContinuousClock.now + limit
    while true {
      let (left, failure) = state.withLock { ($0.waiting.count, $0.failure) }
      if let failure { throw failure }
      if left == 0 { return }
      guard ContinuousClock.now < deadline else {
        throw BenchError("\(left) reservations have no row on my page after \(limit).")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private func watch() {
    do throws(RedisError) {
      let redis = try RedisConnection(url)
      while true {
        let (users, isStopped) = state.withLock { (Array($0.waiting.keys), $0.isStopped) }
        if isStopped { return }
        var commands = Commands()
        for user in users { commands.add("EXISTS", Key.mypage(of: user)) }
        let replies = users.isEmpty ? [] : try redis.exchange(commands)
        let now = ContinuousClock.now
        for (user, reply) in zip(users, replies) where reply.integer == 1 {
          if let intended = state.withLock({ $0.waiting.removeValue(forKey: user) }) {
            latencies.record(now - intended)
          }
        }
        Thread.sleep(forTimeInterval: 0.001)
      }
    } catch {
      state.withLock { $0.failure = error }
    }
  }
}
