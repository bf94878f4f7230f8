import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Synchronization

/// Reads the outcomes that the lanes address to this ingress, on its own thread. Reconnects after any outage.
final class ReplyListener: Sendable {
  private let url: RedisURL
  private let streams: [String]
  private let pending: PendingReplies
  private let logger: Logger
  private let isStopped = Atomic(false)

  init(_ url: RedisURL, ingress: String, shards: Int, pending: PendingReplies, logger: Logger) {
    self.url = url
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
    // The streams' names are new, so everything in them is for this process: read from the beginning.
    var cursors = Dictionary(uniqueKeysWithValues: streams.map { ($0, "0") })
    var backoff = Backoff()
    while !isStopped.load(ordering: .relaxed) {
      do throws(RedisError) {
        let connection = try RedisConnection(url)
        try connection.requirePrimary()
        while !isStopped.load(ordering: .relaxed) {
          var words = RESPWords("XREAD", "COUNT", "512", "BLOCK", "500", "STREAMS")
          for stream in streams { words.add(stream) }
          for stream in streams { words.add(cursors[stream] ?? "0") }
          var commands = Commands()
          commands.add(words)
          for reply in try connection.exchange(commands) { settle(try reply.get(), &cursors) }
          backoff.reset()
        }
      } catch {
        if isStopped.load(ordering: .relaxed) { return }
        logger.warning("cannot read outcomes from Redis, will retry", metadata: ["error": "\(error)"])
        Thread.sleep(forTimeInterval: backoff.next().seconds)
      }
    }
  }

  /// Settles the waits in a reply to `XREAD`: per stream its name and entries, per entry its id and fields.
  private func settle(_ reply: Reply, _ cursors: inout [String: String]) {
    for stream in reply {
      guard let name = stream[0]?.string, let entries = stream[1] else { continue }
      for entry in entries {
        cursors[name] = entry[0]?.string ?? cursors[name]
        guard let body = entry[1] else { continue }
        guard let answer = (try? Fields(reading: body)).flatMap(CommandAnswer.init(fields:)),
          let outcome = Outcome(packed: answer.outcome)
        else {
          logger.error("unreadable reply", metadata: ["stream": "\(name)"])
          continue
        }
        pending.settle(answer.commandid, outcome)
      }
    }
  }
}
