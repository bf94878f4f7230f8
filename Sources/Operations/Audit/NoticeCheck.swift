import Keys
import Lanes
import Market
import Redis
import Workers

/// Checks that everybody concerned has a notice of every change, and that the status stream has it once.
///
/// It derives from the events by itself whom to tell what, and does not use `Notice`, which it checks.
struct NoticeCheck {
  private struct Expected {
    let id: NoticeID
    let status: Status?
    let productid: Int

    var view: BrokenView { BrokenView(noticeOf: id.userid, id.own) }
  }

  let shard: Shard
  private var sellers: [Int: String] = [:]
  /// The positions of the events that the status stream has to announce; older releases announced none without a
  /// status.
  private var announced: [(position: EntryID, isRequired: Bool)] = []

  init(_ shard: Shard) { self.shard = shard }

  mutating func take(
    _ page: [JournalEntry], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var expected: [Expected] = []
    for entry in page {
      let event = entry.event
      if case .listing(let step, let listing) = event.fact, step.tellsSeller, !listing.isFormer {
        sellers[listing.productid] = step == .tradeArchived ? nil : listing.userid
      }
      let audience = event.audience
      if audience.isEmpty { continue }
      announced.append((entry.position, event.status != nil))
      for (role, userid) in [
        (DealRole.buyer, event.buyer), (.seller, event.seller ?? sellers[event.productid]),
      ] where audience.contains(role) {
        guard let userid else { continue }
        let id = NoticeID(of: entry.position, in: shard, to: userid, as: role)
        expected.append(Expected(id: id, status: event.status, productid: event.productid))
      }
    }
    let now = try connection.time(at: Key.journal(of: shard))
    let forgotten = try ForgottenPeople(on: connection)
    expected.removeAll {
      $0.id.userid == Forgotten.user || forgotten.includes($0.id.userid, at: $0.id.position)
    }
    expected.removeAll { $0.id.position.age(at: now) > UInt64(NoticeKeeping.lifetime) - 60_000 }
    var missing: [Expected] = []
    try connection.askEach(expected) {
      RESPWords("HGET", Key.notices(of: $0.id.userid), $0.id.own)
    } _: { (notice, reply) throws(RedisError) in
      guard let stored = try reply.get().text else { return missing.append(notice) }
      let found = notice.id.fields(stored: stored)
      if found?["status"] != notice.status?.rawValue ?? "" || found?["productid"] != "\(notice.productid)" {
        findings.add(
          .notice, notice.view,
          "It says \(shown(found?["status"])) of product \(shown(found?["productid"])), but the journal says \(notice.status?.rawValue ?? "nothing") of \(notice.productid)."
        )
      }
    }
    try check(missing, on: connection, &findings)
  }

  /// Reports missing notices, except those of users who have enough newer ones.
  private func check(
    _ missing: [Expected], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var oldest: [[UInt8]: EntryID] = [:]
    for notice in missing {
      let userid = notice.id.userid
      if oldest[Array(userid.utf8)] == nil {
        let names = try connection.ask("HKEYS", Key.notices(of: userid)).compactMap(\.text)
        let newestFirst = names.compactMap { NoticeID(own: $0, of: userid) }.sorted(by: >)
        let last =
          newestFirst.count < NoticeKeeping.limit
          ? EntryID.zero : newestFirst[NoticeKeeping.limit - 1].position
        oldest[Array(userid.utf8)] = last
      }
      guard let last = oldest[Array(userid.utf8)], notice.id.position > last else { continue }
      findings.add(
        .notice, notice.view,
        "It is missing: \(userid) was not told of \(notice.status?.rawValue ?? "a change").")
    }
  }

  /// Compares the status stream, as far back as it goes, with the events that change a status.
  func finish(on connection: any RedisLink, _ findings: inout Findings) throws(RedisError) {
    let key = Key.status(of: shard)
    var left = announced[...]
    var isFirst = try StreamState(of: key, on: connection).isTrimmed
    try connection.readPages(of: key) { (page) throws(RedisError) in
      for entry in page {
        let text = entry.shown["position"] ?? ""
        guard let position = EntryID(text) else {
          findings.addWhenIdle(.status, key, "\(entry.id) has the position \(shown(text)), which is not one.")
          continue
        }
        // The stream can have announced what was trimmed from it; what the journal lost is unknown.
        if isFirst { left = left.drop { $0.position < position } }
        isFirst = false
        if let start = announced.first?.position, position < start { continue }
        while let next = left.first, next.position < position {
          if next.isRequired {
            findings.addWhenIdle(.status, key, "The event at \(next.position) was not announced.")
          }
          left.removeFirst()
        }
        if left.first?.position == position {
          left.removeFirst()
        } else {
          findings.addWhenIdle(
            .status, key, "\(entry.id) announces \(position) again, or an event that nobody is told of.")
        }
      }
    }
    for (position, isRequired) in left where isRequired {
      findings.addWhenIdle(.status, key, "The event at \(position) was not announced.")
    }
  }
}
