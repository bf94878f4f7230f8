import Keys
import Lanes
import Market
import Redis

/// Finds what a client missed since a notice that it got, whichever ingress told it.
///
/// Notices are named after their events, but come when a lane gets to them: one of a lane that was behind can be older
/// than others that the client has. So the status stream of each shard tells how far its lane was by then. The client
/// gets some notices twice, and drops those that it knows.
struct NoticeReplay: Sendable {
  /// How much earlier than the notice was made some other that came before it may have been told, in milliseconds.
  private static let allowance: UInt64 = 5000

  let redis: RedisClient
  let shards: Int

  /// Returns the events that a user's client missed: a reset if they cannot be told any more, or are too many.
  ///
  /// - Parameter header: the `Last-Event-ID`, percent-encoded or not.
  func events(since header: String, for userid: String) async throws -> [NoticeEvent] {
    guard let last = Self.id(header, of: userid) else { return [.reset] }
    let earliest = last.position.milliseconds - min(last.position.milliseconds, Self.allowance)
    var ask = Commands("HKEYS", Key.notices(of: userid))
    for shard in 0..<shards {
      ask.add("XREVRANGE", Key.status(of: Shard(shard)), "\(earliest)", "-", "COUNT", "1")
    }
    let replies = try await redis.send(ask)
    for reply in replies { try reply.get() }
    let kept = replies.first?.compactMap { $0.string.flatMap { NoticeID(own: $0, of: userid) } } ?? []
    // The oldest go first, so if it is kept, then so are all that came after it.
    guard kept.contains(last) else { return [.reset] }
    let known = replies.dropFirst().map { reply in reply[0].flatMap { StatusUpdate.position(of: $0) } }
    let missed = kept.filter { id in
      // Without an earlier entry, the stream does not reach back so far.
      guard known.indices.contains(id.shard.index), let position = known[id.shard.index] else { return true }
      return id.position > position
    }
    if missed.count > NoticeQueue.limit { return [.reset] }
    if missed.isEmpty { return [] }
    let ids = missed.sorted()
    let stored = try await redis.send(Commands(asking: ids)).first?.get()
    return zip(ids, stored.map { $0.map(\.string) } ?? []).compactMap { id, stored in
      stored.flatMap { id.fields(stored: $0) }.map { .notice(id, $0) }
    }
  }

  /// Returns the user's notice that a header names; nil if it names none. A program that cannot put every letter into
  /// a header encodes it as in a path.
  private static func id(_ header: String, of userid: String) -> NoticeID? {
    let texts = [header, try? URLText.decode(header, "Last-Event-ID")].compactMap(\.self)
    return texts.lazy.compactMap { NoticeID($0) }.first { $0.userid.utf8.elementsEqual(userid.utf8) }
  }
}
