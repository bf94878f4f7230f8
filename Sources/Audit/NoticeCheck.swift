import Lanes
import Layout
import Market
import Redis

/// Checks that everybody concerned has been told of every change, and the status stream once.
struct NoticeCheck {
  /// How many notices a list keeps, and for how long a notice is kept, in milliseconds.
  private static let listLimit = 1000
  private static let lifetime: UInt64 = 90 * 86_400_000

  private struct Expected {
    let id: String
    let userid: String
    let status: Status
    let productid: Int
    let position: EntryID

    var key: String { Key.notice(id) }
    var view: BrokenView { BrokenView(key: key, list: Key.notices(for: userid), member: id) }
  }

  let shard: Shard
  private var sellers: [Int: String] = [:]
  /// Where the events stand that the status stream has to tell of.
  private var announced: [EntryID] = []

  init(_ shard: Shard) { self.shard = shard }

  mutating func take(
    _ page: [JournalEntry], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var expected: [Expected] = []
    for entry in page {
      let event = entry.event
      if case .listing(.tradeListed, let listing) = event.fact { sellers[listing.productid] = listing.userid }
      guard let status = event.status else { continue }
      announced.append(entry.position)
      for (role, userid) in [("b", event.buyer), ("s", event.seller ?? sellers[event.productid])] {
        guard let userid else { continue }
        let id = "\(shard.index)-\(entry.position)-\(role)"
        expected.append(
          Expected(
            id: id, userid: userid, status: status, productid: event.productid, position: entry.position))
      }
    }
    let now = try connection.call("TIME")[0]?.integer.map { UInt64($0) * 1000 } ?? 0
    expected.removeAll { now > $0.position.milliseconds + Self.lifetime - 60_000 }
    try connection.askEach(expected) {
      Words("HMGET", $0.key, "userid", "status", "productid")
    } _: { (notice, reply) throws(RedisError) in
      let found = try reply.get().map { $0.text ?? "" }
      if found == ["", "", ""] {
        findings.add(
          .notice, notice.view, "It is missing: \(notice.userid) was not told of \(notice.status.rawValue).")
      } else if found != [notice.userid, notice.status.rawValue, "\(notice.productid)"] {
        findings.add(
          .notice, notice.view,
          "It is for \(shown(found[0])), \(shown(found[1])), but the journal says \(notice.userid), \(notice.status.rawValue)."
        )
      }
    }
    try checkLists(expected, on: connection, &findings)
  }

  private func checkLists(
    _ expected: [Expected], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var unlisted: [Expected] = []
    try connection.askEach(expected) {
      Words("ZSCORE", $0.view.list, $0.id)
    } _: { (notice, reply) throws(RedisError) in
      if try reply.get().integer != Int(notice.position.milliseconds) { unlisted.append(notice) }
    }
    // A full list has let go of its oldest.
    try connection.askEach(unlisted) {
      Words("ZRANGE", $0.view.list, "-\(Self.listLimit)", "-\(Self.listLimit)", "WITHSCORES")
    } _: { (notice, reply) throws(RedisError) in
      let oldest = try reply.get()[1]?.integer ?? 0
      if Int(notice.position.milliseconds) > oldest {
        findings.add(.notice, notice.view, "It is missing in \(notice.view.list), or out of its place there.")
      }
    }
  }

  /// Compares the status stream, as far as it goes back, with the events that change a status.
  func finish(on connection: RedisConnection, _ findings: inout Findings) throws(RedisError) {
    let key = Key.status(of: shard)
    var left = announced[...]
    var isFirst = try StreamState(of: key, on: connection).isTrimmed
    try connection.readPages(of: key) { (page) throws(RedisError) in
      for entry in page {
        let text = entry.fields["position"] ?? ""
        guard let position = EntryID(text) else {
          findings.addAtRest(.status, key, "\(entry.id) is of position \(shown(text)), which is none.")
          continue
        }
        // What the stream has let go of, it may have told; what the journal has let go of, nobody knows.
        if isFirst { left = left.drop { $0 < position } }
        isFirst = false
        if let start = announced.first, position < start { continue }
        while let next = left.first, next < position {
          findings.addAtRest(.status, key, "The event at \(next) was not announced.")
          left.removeFirst()
        }
        if left.first == position {
          left.removeFirst()
        } else {
          findings.addAtRest(
            .status, key, "\(entry.id) announces \(position) again, or what changed no status.")
        }
      }
    }
    for position in left { findings.addAtRest(.status, key, "The event at \(position) was not announced.") }
  }
}
