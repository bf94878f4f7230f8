import CoreMetrics
import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Synchronization
import Telemetry

/// Tells users of their notices as they come, by following the status streams while anybody listens.
///
/// Entries follow their notices: whoever is told of one can read it. So a client that opens a stream first, and reads
/// its list then, misses nothing.
final class NoticeFeed: Sendable {
  /// One open stream. It is closed when its last reference goes away.
  final class Stream: Sendable {
    let userid: String
    let queue = NoticeQueue()
    /// When the caller's token ends, in seconds since 1970; nil for never.
    fileprivate let end: Double?
    private let feed: NoticeFeed

    fileprivate init(of userid: String, until end: Double?, in feed: NoticeFeed) {
      self.userid = userid
      self.end = end
      self.feed = feed
    }

    deinit { feed.close(queue, of: userid) }
  }

  private struct Listener {
    let queue: NoticeQueue
    let end: Double?
  }

  private struct State {
    /// By the bytes of the users' ids.
    var users: [[UInt8]: [Listener]] = [:]
    var count = 0
    /// Whether a thread reads.
    var isReading = false
    /// Whether its place in the streams is known.
    var isLive = false
    /// Those who wait for that.
    var waiting: [CheckedContinuation<Bool, Never>] = []
    var isStopped = false
  }

  private let deployment: RedisDeployment
  private let redis: RedisClient
  private let shards: Int
  private let limits: ServerLimits
  private let logger: Logger
  private let gauge = Meter(label: Metric.noticeStreams.rawValue)
  private let state = Mutex(State())

  /// - Parameter redis: reads the notices.
  init(_ deployment: RedisDeployment, _ redis: RedisClient, shards: Int, limits: ServerLimits, logger: Logger)
  {
    self.deployment = deployment
    self.redis = redis
    self.shards = shards
    self.limits = limits
    self.logger = logger
    gauge.increment(by: 0)
  }

  // MARK: Streams

  /// Opens a stream of a user's notices, which begins now. Throws a 429 or a 503 if there are too many, and a 503 if
  /// Redis cannot be followed.
  ///
  /// - Parameter end: when the caller's token ends, in seconds since 1970.
  func open(for userid: String, until end: Double?) async throws(Problem) -> Stream {
    let stream = Stream(of: userid, until: end, in: self)
    try state.withLock { state throws(Problem) in
      if state.isStopped { throw Problem.stopping }
      let name = Array(userid.utf8)
      guard state.users[name, default: []].count < limits.streamsPerUser else {
        throw Problem.tooManyStreams(of: limits.streamsPerUser)
      }
      guard state.count < limits.streams else { throw Problem.tooManyStreams }
      state.users[name, default: []].append(Listener(queue: stream.queue, end: end))
      state.count += 1
      gauge.increment(by: 1)
    }
    guard await isLive() else {
      throw Problem(RedisError(.unavailable, "Notices cannot be followed now."))
    }
    return stream
  }

  /// Waits until whatever happens from now on will be told. Returns false if that cannot be promised.
  private func isLive() async -> Bool {
    await withCheckedContinuation { waiter in
      let (answer, begins): (Bool?, Bool) = state.withLock { state in
        if state.isStopped { return (false, false) }
        if state.isLive { return (true, false) }
        state.waiting.append(waiter)
        defer { state.isReading = true }
        return (nil, !state.isReading)
      }
      if let answer { waiter.resume(returning: answer) }
      guard begins else { return }
      let thread = Thread { [self] in read() }
      thread.name = "notice-feed"
      thread.start()
    }
  }

  private func close(_ queue: NoticeQueue, of userid: String) {
    let name = Array(userid.utf8)
    let isOpen = state.withLock { state in
      guard var others = state.users[name], let place = others.firstIndex(where: { $0.queue === queue })
      else {
        return false
      }
      others.remove(at: place)
      state.users[name] = others.isEmpty ? nil : others
      state.count -= 1
      return true
    }
    if isOpen { gauge.decrement(by: 1) }
  }

  /// Keeps connections alive, and ends streams whose tokens have ended, until canceled.
  func watch() async throws {
    while true {
      try await Task.sleep(for: limits.keepAlive)
      let now = Date().timeIntervalSince1970
      for listener in state.withLock({ $0.users.values.flatMap(\.self) }) {
        if let end = listener.end, end <= now { listener.queue.end() } else { listener.queue.keepAlive() }
      }
    }
  }

  /// Ends all streams, and opens no more. Their clients read their lists wherever they come next.
  func stop() {
    let (listeners, waiting) = state.withLock { state in
      state.isStopped = true
      defer { state.waiting = [] }
      return (state.users.values.flatMap(\.self), state.waiting)
    }
    for waiter in waiting { waiter.resume(returning: false) }
    for listener in listeners {
      listener.queue.add([.reset])
      listener.queue.end()
    }
  }

  // MARK: Reading

  /// Follows the streams as long as anybody listens.
  private func read() {
    let reader = StatusReader(deployment, redis, shards: shards)
    var backoff = Backoff()
    var owed: [[UInt8]: [NoticeID]] = [:]
    while goesOn() {
      do throws(RedisError) {
        let hasMissed = try reader.settle()
        turnLive(true)
        if hasMissed { resetAll() }
        // What could not be read yet is tried again soon.
        owed = tell(try reader.next(within: .milliseconds(owed.isEmpty ? 500 : 100)), besides: owed)
        backoff.reset()
      } catch {
        turnLive(false)
        logger.warning("cannot follow notices in Redis, will retry", metadata: ["error": "\(error)"])
        Thread.sleep(forTimeInterval: backoff.next().seconds)
      }
    }
  }

  /// Returns whether anybody listens; otherwise, the thread has to end.
  private func goesOn() -> Bool {
    state.withLock { state in
      if !state.isStopped, state.count > 0 { return true }
      (state.isReading, state.isLive) = (false, false)
      return false
    }
  }

  /// Answers those who wait for the streams to be followed. Once they are, an outage changes nothing: the reader knows
  /// its place.
  private func turnLive(_ isLive: Bool) {
    let waiting = state.withLock { state in
      if isLive { state.isLive = true }
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.resume(returning: isLive) }
  }

  private func resetAll() {
    for listener in state.withLock({ $0.users.values.flatMap(\.self) }) { listener.queue.add([.reset]) }
  }

  /// Reads the notices of those who listen, and tells them. Returns the notices that cannot be read now, of which each
  /// user has at most as many as a stream can have.
  private func tell(
    _ news: [StatusReader.News], besides owed: [[UInt8]: [NoticeID]]
  ) -> [[UInt8]: [NoticeID]] {
    let listening = state.withLock { Set($0.users.keys) }
    var ids = owed.filter { listening.contains($0.key) }
    for found in news {
      for entry in found.entries {
        for (name, id) in StatusUpdate.notices(of: entry, in: found.shard, to: listening) {
          ids[name, default: []].append(id)
        }
      }
    }
    guard !ids.isEmpty else { return [:] }
    let asked = ids.map { (name: $0, ids: $1.sorted()) }
    let answers = waitFor { [redis] in await redis.sendEach(asked.map { Commands(asking: $0.ids) }) }
    var rest: [[UInt8]: [NoticeID]] = [:]
    for ((name, ids), answer) in zip(asked, answers) {
      let events: [NoticeEvent]
      do throws(RedisError) {
        let notices = zip(ids, try answer.get().first?.get().map(\.string) ?? [])
        // One that is not there any more is in no list either.
        events = notices.compactMap { id, stored in
          stored.flatMap { id.fields(stored: $0) }.map { .notice(id, $0) }
        }
      } catch  where error.canRetry && ids.count <= NoticeQueue.limit {
        rest[name] = ids
        continue
      } catch {
        events = [.reset]
      }
      for listener in state.withLock({ $0.users[name] ?? [] }) { listener.queue.add(events) }
    }
    return rest
  }
}

extension Commands {
  /// Asks for notices of one user.
  init(asking ids: [NoticeID]) {
    var words = RESPWords("HMGET", Key.notices(of: ids.first?.userid ?? ""))
    for id in ids { words.add(id.own) }
    self.init(words)
  }
}

extension Problem {
  fileprivate static func tooManyStreams(of limit: Int) -> Problem {
    Problem(
      .tooManyStreams,
      "\(limit) streams of this user's notices are open already. Close one first.",
      message: "알림을 받는 창이 이미 \(limit)개 열려 있습니다. 하나를 닫고 다시 시도해 주세요.")
  }

  fileprivate static var tooManyStreams: Problem {
    .passing(
      .tooManyConnections, "This server has as many open streams as it can keep.",
      message: "실시간 알림 연결이 너무 많습니다. 잠시 뒤에 다시 시도해 주세요.")
  }

  fileprivate static var stopping: Problem {
    .passing(
      .unavailable, "This server is about to stop.",
      message: "서버가 곧 멈춥니다. 잠시 뒤에 다시 시도해 주세요.")
  }
}
