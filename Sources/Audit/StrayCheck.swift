import Lanes
import Layout
import Market
import Redis

/// Finds notices and my page rows that nothing implies.
///
/// It needs no list of what should be there: what a record says leads to the event or the reservation behind it.
struct StrayCheck {
  let shards: Int

  private struct Notice {
    let view: BrokenView
    let shard: Shard
    let position: EntryID
    let isBuyers: Bool
    let userid: String
  }

  private struct Row {
    let view: BrokenView
    let reserveid: Int
    let isBuyers: Bool
    let userid: String
  }

  func take(
    _ keys: [String], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    let notices = keys.filter { $0.hasPrefix("notice:{") }
    let rows = keys.filter { $0.hasPrefix("mypage:{") && !$0.hasSuffix("}") }
    try checkNotices(notices, on: connection, &findings)
    try checkRows(rows, on: connection, &findings)
  }

  private func checkNotices(
    _ keys: [String], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var notices: [Notice] = []
    try connection.askEach(keys) {
      Words("HMGET", $0, "id", "userid")
    } _: { (key, reply) throws(RedisError) in
      let (id, userid) = (try reply.get()[0]?.text ?? "", reply[1]?.text ?? "")
      let view = BrokenView(key: key, list: Key.notices(for: userid), member: id)
      let parts = id.split(separator: "-")
      guard parts.count == 4, let shard = Int(parts[0]), shard < shards, Key.notice(id) == key,
        let position = EntryID("\(parts[1])-\(parts[2])")
      else { return findings.add(.notice, view, "It is no notice of an event: its id is \(shown(id)).") }
      notices.append(
        Notice(
          view: view, shard: Shard(shard), position: position, isBuyers: parts[3] == "b", userid: userid))
    }
    let starts = try starts(of: Set(notices.map(\.shard)), on: connection)
    notices.removeAll { $0.position < starts[$0.shard] ?? .zero }
    try connection.askEach(notices) {
      Words("XRANGE", Key.journal(of: $0.shard), "\($0.position)", "\($0.position)")
    } _: { (notice, reply) throws(RedisError) in
      let event = try reply.get()[0]?[1].flatMap { try? Event(fields: $0.fields) }
      let isMeant = notice.isBuyers ? event?.buyer == notice.userid : true
      guard event?.status != nil, isMeant else {
        return findings.add(
          .notice, notice.view, "No event on the journal of shard \(notice.shard.index) implies it.")
      }
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
    _ keys: [String], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    var rows: [Row] = []
    try connection.askEach(keys) {
      Words("HMGET", $0, "reserveid", "userid")
    } _: { (key, reply) throws(RedisError) in
      let (id, userid) = (try reply.get()[0]?.integer, reply[1]?.text ?? "")
      let member = key.range(of: "}:").map { String(key[$0.upperBound...]) } ?? ""
      let view = BrokenView(key: key, list: Key.mypage(of: userid), member: member)
      guard let id, ["\(id):buyer", "\(id):seller"].contains(member),
        Key.mypage(of: userid, row: member) == key
      else { return findings.add(.mypage, view, "It is no row of a reservation.") }
      rows.append(Row(view: view, reserveid: id, isBuyers: member.hasSuffix("buyer"), userid: userid))
    }
    var owned: [(row: Row, shard: Shard)] = []
    try connection.askEach(rows) {
      Words("GET", Key.directory(.reserve, id: $0.reserveid))
    } _: { (row, reply) throws(RedisError) in
      guard let productid = try reply.get().integer else {
        return findings.add(.mypage, row.view, "There is no reservation \(row.reserveid).")
      }
      owned.append((row, .of(productid: productid, among: shards)))
    }
    try connection.askEach(owned) {
      Words("HGET", Key.reservation($0.row.reserveid, in: $0.shard), $0.row.isBuyers ? "userid" : "seller")
    } _: { (item, reply) throws(RedisError) in
      guard try reply.get().text != item.row.userid else { return }
      findings.add(
        .mypage, item.row.view, "Reservation \(item.row.reserveid) is not \(shown(item.row.userid))'s.")
    }
  }
}
