import Keys
import Lanes
import Market
import Redis

/// Finds notices and my page rows that nothing implies.
///
/// It needs no list of expected records: each record leads to the event or the reservation behind it.
struct StrayCheck {
  let shards: Int

  func take(
    _ keys: [String], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    let notices = keys.filter { Key.userid(ofNotices: $0) != nil }
    let lists = keys.filter { Key.userid(ofMypage: $0) != nil }
    let rows = keys.filter { Key.shard(ofMypageRows: $0) != nil }
    try connection.scanPages(by: "HSCAN", of: notices) { (page) throws(RedisError) in
      try checkNotices(page, on: connection, &findings)
    }
    try connection.scanPages(by: "ZSCAN", of: lists) { (page) throws(RedisError) in
      try checkLists(page, on: connection, &findings)
    }
    try connection.scanPages(by: "HSCAN", of: rows) { (page) throws(RedisError) in
      try checkRows(page, on: connection, &findings)
    }
  }

  private func checkNotices(
    _ page: [(key: String, name: String)], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var notices: [NoticeID] = []
    for (key, name) in page {
      guard let userid = Key.userid(ofNotices: key) else { continue }
      if let id = NoticeID(own: name, of: userid), id.shard.index < shards {
        notices.append(id)
      } else {
        findings.add(
          .notice, BrokenView(noticeOf: userid, name),
          "It is not a notice of an event: its id is \(shown(name)).")
      }
    }
    var unfounded: [NoticeID] = []
    try connection.askEach(notices) {
      RESPWords("XRANGE", Key.journal(of: $0.shard), "\($0.position)", "\($0.position)")
    } _: { (notice, reply) throws(RedisError) in
      let entry = try reply.get()[0].flatMap { StreamEntry($0) }
      let event = entry.flatMap { try? Event(fields: $0.fields()) }
      let isMeant = notice.role == .buyer ? event?.buyer == notice.userid : true
      if event?.audience.contains(notice.role) != true || !isMeant { unfounded.append(notice) }
    }
    let starts = try starts(of: Set(unfounded.map(\.shard)), on: connection)
    for notice in unfounded where notice.position >= starts[notice.shard] ?? .zero {
      findings.add(
        .notice, BrokenView(noticeOf: notice.userid, notice.own),
        "No event on the journal of shard \(notice.shard.index) implies it.")
    }
  }

  /// Returns where the trimmed ones of the shards' journals begin.
  private func starts(
    of shards: Set<Shard>, on connection: any RedisLink
  ) throws(RedisError) -> [Shard: EntryID] {
    var starts: [Shard: EntryID] = [:]
    for shard in shards {
      let journal = try StreamState(of: Key.journal(of: shard), on: connection)
      if journal.isTrimmed { starts[shard] = journal.first ?? journal.last }
    }
    return starts
  }

  private func checkLists(
    _ page: [(key: String, name: String)], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var listed: [(id: MypageRowID, userid: String, view: BrokenView)] = []
    for (key, name) in page {
      guard let userid = Key.userid(ofMypage: key) else { continue }
      let view = BrokenView(.listing, key, name)
      if let id = MypageRowID(name), id.shard.index < shards {
        listed.append((id, userid, view))
      } else {
        findings.add(.mypage, view, "It does not name a row of a reservation.")
      }
    }
    try connection.askEach(listed) {
      RESPWords(
        "HGET", Key.reservation($0.id.reserveid, in: $0.id.shard), $0.id.role == .buyer ? "userid" : "seller")
    } _: { (item, reply) throws(RedisError) in
      guard try reply.get().text != item.userid else { return }
      findings.add(
        .mypage, item.view, "Reservation \(item.id.reserveid) is not \(shown(item.userid))'s.")
    }
  }

  private func checkRows(
    _ page: [(key: String, name: String)], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var rows: [(reserveid: Int, shard: Shard, view: BrokenView)] = []
    for (key, name) in page {
      guard let shard = Key.shard(ofMypageRows: key) else { continue }
      let view = BrokenView(.row, key, name)
      if let id = Int(name), "\(id)" == name, Key.mypageRows(of: id, in: shard) == key {
        rows.append((id, shard, view))
      } else {
        findings.add(.mypage, view, "It is not a row of a reservation.")
      }
    }
    try connection.askEach(rows) {
      RESPWords("EXISTS", Key.reservation($0.reserveid, in: $0.shard))
    } _: { (row, reply) throws(RedisError) in
      guard try reply.get().integer == 0 else { return }
      findings.add(.mypage, row.view, "There is no reservation \(row.reserveid) in shard \(row.shard.index).")
    }
  }
}
