import Keys
import Lanes
import Market
import Redis

/// Checks every row of my page against its reservation and its last events, and checks that it is on its
/// buyer's and seller's lists.
///
/// It names the fields by itself, and does not use `MypageRow`: a row that its own writer reads back would
/// prove nothing.
struct MypageCheck {
  /// What the journal tells about a reservation's row.
  private struct Row {
    var buyer: String
    var seller: String?
    var position = EntryID.zero
    /// When the reservation was made, if the journal still has that event.
    var begun: UInt64?
    var trade: Status?
    var stock: Status?

    init(buyer: String) { self.buyer = buyer }

    mutating func take(_ entry: JournalEntry, _ deal: Deal) {
      position = entry.position
      // Once the seller is known, every step concerns them, also one that does not name them.
      if seller != Forgotten.user { seller = deal.seller ?? seller }
      if case .deal(.reserveForgotten, _) = entry.event.fact { buyer = deal.userid }
      switch entry.event.fact {
      case .deal(let step, _): take(step)
      case .hold(let step, _, _): stock = step.status
      case .listing, .stock, .rejected: break
      }
    }

    private mutating func take(_ step: DealStep) {
      switch step {
      case .reserveCompleted: begun = position.milliseconds
      case .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .tradeHandedOver, .tradeCalledOff,
        .tradeExpired:
        trade = step.status
      case .tradeCanceled: trade = .canceled
      case .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted, .reserveArchived,
        .reserveForgotten, .handoverRequested, .cancelRefused, .tradeReminded, .tradeRescheduled, .tradeNext,
        .tradeTermsChanged, .codeRefused:
        break
      }
    }
  }

  private struct Asked {
    let row: Row
    let reservation: Reservation
    let view: BrokenView
  }

  private struct Listed {
    let begun: UInt64?
    let view: BrokenView
  }

  let shard: Shard
  private var rows: [Int: Row] = [:]

  init(_ shard: Shard) { self.shard = shard }

  mutating func take(_ entry: JournalEntry) {
    guard let deal = entry.event.deal else { return }
    // A row leaves with its reservation, which then is not among those that are checked.
    if case .deal(.reserveArchived, _) = entry.event.fact { return rows[deal.reserveid] = nil }
    rows[deal.reserveid, default: Row(buyer: deal.userid)].take(entry, deal)
  }

  /// Compares the stored rows of reservations with what is expected.
  func check(
    _ reservations: [Reservation], on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    var asked: [Asked] = []
    var listed: [Listed] = []
    for reservation in reservations {
      let id = reservation.deal.reserveid
      guard let row = rows[id] else { continue }
      asked.append(
        Asked(
          row: row, reservation: reservation,
          view: BrokenView(.row, Key.mypageRows(of: id, in: shard), "\(id)")))
      for (userid, role) in [(row.buyer, DealRole.buyer), (row.seller, .seller)] {
        guard let userid, userid != Forgotten.user else { continue }
        let name = MypageRowID(id, in: shard, role).description
        listed.append(Listed(begun: row.begun, view: BrokenView(.listing, Key.mypage(of: userid), name)))
      }
    }
    try connection.askEach(asked) {
      RESPWords("HGET", $0.view.key, $0.view.member)
    } _: { (asked, reply) throws(RedisError) in
      compare(try reply.get().text, with: asked, &findings)
    }
    try connection.askEach(listed) {
      RESPWords("ZSCORE", $0.view.key, $0.view.member)
    } _: { (listed, reply) throws(RedisError) in
      let score = try reply.get().integer
      if score == nil || listed.begun.map({ score != Int(clamping: $0) }) == true {
        findings.add(.mypage, listed.view, "It is missing, or out of its place.")
      }
    }
  }

  private func compare(_ stored: String?, with asked: Asked, _ findings: inout Findings) {
    guard let stored else { return findings.add(.mypage, asked.view, "It is missing.") }
    guard let found = Fields(packed: stored) else {
      return findings.add(.mypage, asked.view, "It cannot be read.")
    }
    let deal = asked.reservation.deal
    var expected: Fields = [
      "productid": "\(deal.productid)", "productname": deal.productname, "qty": "\(deal.qty)",
      "buyer": deal.userid,
      "status": asked.reservation.standing.rawValue, "position": "\(asked.row.position)",
    ]
    // A trimmed event can have set a field that no event on the present journal mentions.
    for (name, value) in [
      ("begun", asked.row.begun.map { "\($0)" }), ("price", deal.terms?.price.map { "\($0)" }),
      ("reserveDt", deal.terms?.reserveDt), ("address", deal.terms?.address), ("seller", deal.seller),
      ("tradeid", deal.tradeid.map { "\($0)" }), ("tradeStatus", asked.row.trade?.rawValue),
      ("stockStatus", asked.row.stock?.rawValue),
      ("until", asked.reservation.until?.description), ("reason", deal.cause?.rawValue),
    ] {
      if let value { expected.append(name, value) }
    }
    for (name, value) in expected where found[name] != value {
      findings.add(
        .mypage, asked.view, "\(name) is \(shown(found[name])), but must be \(shown(value)).")
    }
  }
}
