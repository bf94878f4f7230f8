import Foundation
import Logging
import Redis
import Synchronization

/// One replica of a worker: a thread with its own Redis connection that runs a share of the lanes.
///
/// Any number of runners of the same worker, in one process or many, divide the lanes among themselves.
public final class LaneRunner: Sendable {
  public let worker: String
  /// The name of this replica, unique among all; also the prefix of its fencing tokens.
  public let replica: String
  let lanes: [LaneSpec]
  let redis: RedisDeployment
  public let options: LaneOptions
  let logger: Logger

  private let stopping = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)
  private let progress = Mutex(LaneProgress())

  public init(
    worker: String, lanes: [LaneSpec], redis: RedisDeployment, options: LaneOptions = LaneOptions(),
    logger: Logger
  ) {
    self.worker = worker
    self.lanes = lanes
    self.redis = redis
    self.options = options
    replica = "\(worker)-\(UInt64.random(in: 0...UInt64.max).hexadecimal)"
    var logger = logger
    logger[metadataKey: "replica"] = "\(replica)"
    self.logger = logger
  }

  /// Runs until `stop()`, through any outage of Redis. Blocks: call it on a dedicated thread.
  public func run() {
    var backoff = Backoff()
    let tokens = LaneTokens(replica: replica)
    let metrics = LaneMetrics(worker: worker)
    defer { metrics.holds([]) }
    var isReadingBySize = false
    while !isStopping {
      do throws(RedisError) {
        let session = try LaneSession(
          runner: self, tokens: tokens, metrics: metrics, isReadingBySize: isReadingBySize)
        note { $0.outage = nil }
        backoff.reset()
        try session.serve()
        return
      } catch {
        note {
          $0.lanes = []
          $0.halted = [:]
          $0.outage = error.message
        }
        metrics.holds([])
        metrics.stands(0)
        metrics.reconnected()
        isReadingBySize = error.code == .replyTooLarge
        if isReadingBySize {
          logger.notice(
            "entries are unusually large: reading fewer at a time", metadata: ["error": "\(error)"])
          continue
        }
        logger.warning(Self.description(of: error), metadata: ["error": "\(error)"])
        sleep(backoff.next())
      }
    }
  }

  private static func description(of error: RedisError) -> Logger.Message {
    switch error.code {
    case .unavailable, .timeout, .overloaded, .replyTooLarge: "Redis is unavailable, trying again"
    case .badURL, .refused, .unexpectedReply: "Redis refuses what the worker needs, trying again"
    }
  }

  /// Lets the current batches finish, releases the lanes and ends `run()`.
  public func stop() {
    stopping.store(true, ordering: .releasing)
    wake.signal()
  }

  /// A snapshot of the runner's progress.
  public var state: LaneProgress { progress.withLock { $0 } }

  var isStopping: Bool { stopping.load(ordering: .acquiring) }

  func note(_ change: (inout LaneProgress) -> Void) {
    progress.withLock { change(&$0) }
  }

  /// Sleeps for the duration, or until `stop()`.
  func sleep(_ duration: Duration) {
    guard !isStopping, duration > .zero else { return }
    _ = wake.wait(timeout: .now() + duration.seconds)
  }
}

extension UInt64 {
  fileprivate var hexadecimal: String { String(self, radix: 16) }
}
