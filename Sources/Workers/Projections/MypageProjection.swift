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

  private let digest: String

  init(shard: Shard, digests: [Script: String]) { digest = digests[MypageRow.script] ?? "" }

  mutating func load(_ events: [JournalEvent], commands: inout Commands) {}

  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    var rows: [RowKey: MypageRow] = [:]
    for item in events {
      guard let deal = item.event.deal else { continue }
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
