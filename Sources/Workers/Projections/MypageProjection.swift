import Lanes
import Layout
import Market
import Redis

/// Keeps my page: a row per user and reservation.
struct MypageProjection: Projection {
  private struct RowKey: Hashable {
    let reserveid: Int
    let role: DealRole
  }

  /// What is known of a reservation beside the event at hand.
  private struct Known {
    var seller: String?
    /// Date and place as the reservation itself last said them.
    var appointment: (reserveDt: String, address: String)?

    /// Fills in a seller who is not named, and replaces what others than the reservation may know too late.
    mutating func complete(_ deal: inout Deal, of event: Event) {
      seller = deal.seller ?? seller
      deal.seller = seller
      if let appointment, !event.isOfReservation {
        (deal.reserveDt, deal.address) = appointment
      } else {
        appointment = (deal.reserveDt, deal.address)
      }
    }
  }

  private let digest: String
  private var known: [Int: Known] = [:]
  private var asked: [Int] = []

  init(shard: Shard, digests: [Script: String]) { digest = digests[MypageRow.script] ?? "" }

  /// Asks the buyers' rows, which are there from the beginning.
  mutating func load(_ events: [JournalEvent], commands: inout Commands) {
    for item in events {
      guard let deal = item.event.deal, known[deal.reserveid] == nil else { continue }
      known[deal.reserveid] = Known()
      if case .deal(.reserveCompleted, _) = item.event.fact { continue }
      let row = MypageRow(userid: deal.userid, reserveid: deal.reserveid, role: .buyer)
      asked.append(deal.reserveid)
      commands.add("HMGET", row.key, "seller", "reserveDt", "address")
    }
  }

  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    for (reserveid, reply) in zip(asked, loaded) {
      let row = try reply.get()
      known[reserveid]?.seller = row[0]?.string
      if let reserveDt = row[1]?.string, let address = row[2]?.string {
        known[reserveid]?.appointment = (reserveDt, address)
      }
    }
    var rows: [RowKey: MypageRow] = [:]
    for item in events {
      guard var deal = item.event.deal else { continue }
      known[deal.reserveid, default: Known()].complete(&deal, of: item.event)
      for (userid, role) in [(deal.userid, DealRole.buyer), (deal.seller, .seller)] {
        guard let userid else { continue }
        let key = RowKey(reserveid: deal.reserveid, role: role)
        rows[key, default: MypageRow(userid: userid, reserveid: deal.reserveid, role: role)]
          .apply(item.event, deal, at: item.position)
      }
    }
    for row in rows.values { commands.add(row.call(digest: digest)) }
  }
}

extension Event {
  /// Whether the reservation itself says it.
  fileprivate var isOfReservation: Bool {
    if case .deal(let step, _) = fact { step.worker == .reservation } else { false }
  }
}
