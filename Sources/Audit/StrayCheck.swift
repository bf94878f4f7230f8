import Lanes
import Layout
import Market
import Redis

/// Finds notices and my page rows that nothing implies.
///
/// It needs no list of what should be there: what a record says leads to the event or the reservation behind it.
struct StrayCheck {
  let shards: Int

  private struct Row {
    let view: BrokenView
    let id: MypageRowID
    let userid: String
  }

  func take(
    _ keys: [String], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    let notices = keys.filter { Key.userid(ofNotices: $0) != nil }
    let rows = keys.filter { Key.userid(ofMypageRows: $0) != nil }
    try connection.scanPages(of: notices) { (page) throws(RedisError) in
      try checkNotices(page, on: connection, &findings)
    }
    try connection.scanPages(of: rows) { (page) throws(RedisError) in
      try checkRows(page, on: connection, &findings)
    }
  }

  private func checkNotices(
    _ page: [(hash: String, name: String)], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var notices: [NoticeID] = []
    for (hash, name) in page {
      guard let userid = Key.userid(ofNotices: hash) else { continue }
      if let id = NoticeID(own: name, of: userid), id.shard.index < shards {
        notices.append(id)
      } else {
        findings.add(
          .notice, BrokenView(noticeOf: userid, name),
          "It is no notice of an event: its id is \(shown(name)).")
      }
    }
    var unfounded: [NoticeID] = []
    try connection.askEach(notices) {
      Words("XRANGE", Key.journal(of: $0.shard), "\($0.position)", "\($0.position)")
    } _: { (notice, reply) throws(RedisError) in
      let event = try reply.get()[0]?[1].flatMap { try? Event(fields: $0.fields) }
      let isMeant = notice.role == .buyer ? event?.buyer == notice.userid : true
      if event?.status == nil || !isMeant { unfounded.append(notice) }
    }
    let starts = try starts(of: Set(unfounded.map(\.shard)), on: connection)
    for notice in unfounded where notice.position >= starts[notice.shard] ?? .zero {
      findings.add(
        .notice, BrokenView(noticeOf: notice.userid, notice.own),
        "No event on the journal of shard \(notice.shard.index) implies it.")
    }
  }

  /// Where a trimmed journal begins.
  private func starts(
    of shards: Set<Shard>, on connection: RedisConnection
  ) throws(RedisError) -> [Shard: EntryID] {
    var starts: [Shard: EntryID] = [:]
    for shard in shards {
      let journal = try StreamState(of: Key.journal(of: shard), on: connection)
      if journal.isTrimmed { starts[shard] = journal.first ?? journal.last }
    }
    return starts
  }

  private func checkRows(
    _ page: [(hash: String, name: String)], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var rows: [Row] = []
    for (hash, name) in page {
      guard let userid = Key.userid(ofMypageRows: hash) else { continue }
      let view = BrokenView(mypageOf: userid, name)
      if let id = MypageRowID(name) {
        rows.append(Row(view: view, id: id, userid: userid))
      } else {
        findings.add(.mypage, view, "It is no row of a reservation.")
      }
    }
    var owned: [(row: Row, shard: Shard)] = []
    try connection.askEach(rows) {
      Words("GET", Key.directory(.reserve, id: $0.id.reserveid))
    } _: { (row, reply) throws(RedisError) in
      guard let productid = try reply.get().integer else {
        return findings.add(.mypage, row.view, "There is no reservation \(row.id.reserveid).")
      }
      owned.append((row, .of(productid: productid, among: shards)))
    }
    try connection.askEach(owned) {
      Words(
        "HGET", Key.reservation($0.row.id.reserveid, in: $0.shard),
        $0.row.id.role == .buyer ? "userid" : "seller")
    } _: { (item, reply) throws(RedisError) in
      guard try reply.get().text != item.row.userid else { return }
      findings.add(
        .mypage, item.row.view, "Reservation \(item.row.id.reserveid) is not \(shown(item.row.userid))'s.")
    }
  }
}
