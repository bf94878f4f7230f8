import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Synchronization

/// Reads the outcomes that the lanes address to this ingress, on its own thread. Reconnects after any outage.
final class ReplyListener: Sendable {
  private let redis: RedisDeployment
  private let streams: [String]
  private let pending: PendingReplies
  private let logger: Logger
  private let isStopped = Atomic(false)

  init(_ redis: RedisDeployment, ingress: String, shards: Int, pending: PendingReplies, logger: Logger) {
    self.redis = redis
    streams = (0..<shards).map { Key.replies(to: ingress, in: Shard($0)) }
    self.pending = pending
    self.logger = logger
  }

  func start() {
    let thread = Thread { [self] in listen() }
    thread.name = "reply-listener"
    thread.start()
  }

  /// Asks the thread to end, which it does within a second or two.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func listen() {
    // The streams' names are new, so everything in them is for this process: read from the beginning. Nothing
    // happens if an outcome is settled twice.
    let watch = StreamWatch(redis, streams.map { ($0, "0") }, count: 512, startsOver: true)
    var backoff = Backoff()
    while !isStopped.load(ordering: .relaxed) {
      do throws(RedisError) {
        while !isStopped.load(ordering: .relaxed) {
          for news in try watch.next(within: .milliseconds(500)) { settle(news) }
          backoff.reset()
        }
      } catch {
        if isStopped.load(ordering: .relaxed) { return }
        logger.warning("cannot read outcomes from Redis, will retry", metadata: ["error": "\(error)"])
        Thread.sleep(forTimeInterval: backoff.next().seconds)
      }
    }
  }

  /// Settles the waits for the outcomes in a stream.
  private func settle(_ news: StreamWatch.News) {
    for entry in news.entries {
      guard let body = entry[1] else { continue }
      guard let answer = (try? Fields(reading: body)).flatMap(CommandAnswer.init(fields:)),
        let outcome = Outcome(packed: answer.outcome)
      else {
        logger.error("unreadable reply", metadata: ["stream": "\(streams[news.place])"])
        continue
      }
      pending.settle(answer.commandid, outcome)
    }
  }
}
