import Foundation
import HTTPIngress
import Market
import NIOCore
import Operations
import Redis
import Synchronization

/// The journals as server-sent events, for one listener.
///
/// `event: line` has one event of a journal, `event: left` the number of those that were left out because there were
/// more than 200 in a second, `event: trouble` why nothing comes. A comment every ten seconds keeps the connection.
final class TailFeed: Sendable {
  struct Filter: Sendable {
    var product: String?
    var user: String?
    var types: Set<String> = []

    func takes(_ line: JournalLine) -> Bool {
      if let product, line.fields["productid"] != product { return false }
      if let user, line.fields["userid"] != user, line.fields["seller"] != user { return false }
      return types.isEmpty || types.contains(line.type)
    }
  }

  /// The most lines of a second.
  static let rate = 200
  private static let keepAlive = Duration.seconds(10)

  private let store: Store
  private let filter: Filter
  private let isShown: Bool
  private let hasEnded = Atomic(false)

  init(_ store: Store, _ filter: Filter, isShown: Bool) {
    self.store = store
    self.filter = filter
    self.isShown = isShown
  }

  /// Begins at the current end of the journals. Returns the events as they come, until `end` is called or nobody
  /// listens any more.
  func begin() -> AsyncStream<ByteBuffer> {
    let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream(bufferingPolicy: .bufferingNewest(2000))
    continuation.onTermination = { [weak self] _ in self?.end() }
    Thread.detachNewThread { [self] in
      follow(continuation)
      continuation.finish()
    }
    return stream
  }

  func end() { hasEnded.store(true, ordering: .relaxed) }

  private var isEnded: Bool { hasEnded.load(ordering: .relaxed) }

  private func follow(_ listener: AsyncStream<ByteBuffer>.Continuation) {
    var tail: JournalTail?
    var second = (end: ContinuousClock.now + .seconds(1), shown: 0, left: 0)
    var lastWord = ContinuousClock.now
    func say(_ event: String, _ data: some Encodable) {
      lastWord = .now
      let data = String(decoding: data.encoded, as: UTF8.self)
      listener.yield(ByteBuffer(string: ServerSentEvent.event(event, data: data)))
    }
    while !isEnded {
      if ContinuousClock.now >= second.end {
        if second.left > 0 { say("left", ["count": second.left]) }
        second = (.now + .seconds(1), 0, 0)
      }
      if ContinuousClock.now - lastWord > Self.keepAlive {
        lastWord = .now
        listener.yield(ByteBuffer(string: ServerSentEvent.keepAlive))
      }
      do {
        let current: JournalTail
        if let tail {
          current = tail
        } else {
          current = try JournalTail(store.deployment())
          tail = current
          say("live", ["rate": Self.rate])
        }
        for line in try current.next() where filter.takes(line) {
          guard second.shown < Self.rate else {
            second.left += 1
            continue
          }
          second.shown += 1
          say("line", TailLine(line, isShown: isShown))
        }
      } catch {
        tail = nil
        say("trouble", ["detail": Failure(error).detail])
        Thread.sleep(forTimeInterval: 1)
      }
    }
  }
}

/// One event of a journal.
private struct TailLine: Encodable {
  let time, entry, worker, type, product: String
  let shard: Int
  let facts: [[String]]

  init(_ line: JournalLine, isShown: Bool) {
    time = line.id.timestamp
    entry = "\(line.id)"
    worker = line.worker
    type = line.type
    product = line.fields["productid"] ?? ""
    shard = line.shard.index
    facts = (isShown ? line.summary : Personal.hide(line.summary)).map { [$0.name, $0.value] }
  }
}
