import Lanes
import Layout
import Market
import Redis

/// Checks every row of every my page: against the reservation itself, and against the last events that made it.
struct MypageCheck {
  private enum Side: String {
    case buyer = "구매"
    case seller = "판매"

    var suffix: String { self == .buyer ? "buyer" : "seller" }
  }

  private struct Place: Hashable {
    let reserveid: Int
    let side: Side
  }

  private struct Row {
    let userid: String
    var position: EntryID
    var trade: Status?
    var stock: Status?

    mutating func take(_ entry: JournalEntry) {
      position = entry.position
      switch entry.event.fact {
      case .deal(.tradeCanceled, _): trade = .canceled
      case .deal(let step, _) where step.worker == .trade: trade = step.status ?? trade
      case .hold(let step, _, _): stock = step.status
      default: break
      }
    }
  }

  private struct Asked {
    let place: Place
    let row: Row
    let reservation: Reservation

    var member: String { "\(place.reserveid):\(place.side.suffix)" }
    var view: BrokenView {
      BrokenView(
        key: Key.mypage(of: row.userid, row: member), list: Key.mypage(of: row.userid), member: member)
    }
  }

  private var rows: [Place: Row] = [:]

  mutating func take(_ entry: JournalEntry) {
    guard let deal = entry.event.deal else { return }
    // Once a seller is known, every step concerns him, also those that do not name him yet.
    let seller = deal.seller ?? rows[Place(reserveid: deal.reserveid, side: .seller)]?.userid
    for (userid, side) in [(deal.userid, Side.buyer), (seller, .seller)] {
      guard let userid else { continue }
      let place = Place(reserveid: deal.reserveid, side: side)
      rows[place, default: Row(userid: userid, position: entry.position)].take(entry)
    }
  }

  /// Compares the rows of reservations as they are stored.
  func check(
    _ reservations: [Reservation], on connection: RedisConnection, _ findings: inout Findings
  ) throws(RedisError) {
    let asked = reservations.flatMap { reservation in
      [Side.buyer, .seller].compactMap { side in
        let place = Place(reserveid: reservation.deal.reserveid, side: side)
        return rows[place].map { Asked(place: place, row: $0, reservation: reservation) }
      }
    }
    try connection.askEach(asked) {
      Words("HGETALL", $0.view.key)
    } _: { (asked, reply) throws(RedisError) in
      compare(try reply.get().fields, with: asked, &findings)
    }
    try connection.askEach(asked) {
      Words("ZSCORE", $0.view.list, $0.member)
    } _: { (asked, reply) throws(RedisError) in
      if try reply.get().isNull {
        findings.add(.mypage, asked.view, "It is missing in \(asked.view.list).")
      }
    }
  }

  private func compare(_ found: Fields, with asked: Asked, _ findings: inout Findings) {
    guard !found.isEmpty else { return findings.add(.mypage, asked.view, "It is missing.") }
    let deal = asked.reservation.deal
    var expected: Fields = [
      "reserveid": "\(deal.reserveid)", "productid": "\(deal.productid)", "productname": deal.productname,
      "qty": "\(deal.qty)", "price": "\(deal.price)", "reserveDt": deal.reserveDt, "address": deal.address,
      "role": asked.place.side.rawValue, "userid": asked.row.userid, "buyer": deal.userid,
      "status": asked.reservation.standing.rawValue, "position": asked.row.position.sortable,
    ]
    // What no event of the journal as it is now has said, an older one may have.
    for (name, value) in [
      ("seller", deal.seller), ("tradeid", deal.tradeid.map { "\($0)" }),
      ("tradeStatus", asked.row.trade?.rawValue), ("stockStatus", asked.row.stock?.rawValue),
    ] {
      if let value { expected.append(name, value) }
    }
    for (name, value) in expected where found[name] != value {
      findings.add(
        .mypage, asked.view, "\(name) is \(shown(found[name])), but must be \(shown(value)).")
    }
  }
}
