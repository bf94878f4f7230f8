import Lanes
import Layout
import Market
import Redis

/// Keeps my page: a row per user and reservation.
struct MypageProjection: Projection {
  /// Writes rows of one user, except those that are there as new or newer: a former owner of the lane may still
  /// be at it.
  ///
  /// `KEYS` the user's list and rows; `ARGV` a name, a score and a text for each row.
  static let script = Script(
    """
    for i=1,#ARGV,3 do
      local name,text=ARGV[i],ARGV[i+2]
      local old=redis.call('HGET',KEYS[2],name)
      if not old or string.sub(old,1,\(MypageRow.markLength))<string.sub(text,1,\(MypageRow.markLength)) then
        redis.call('HSET',KEYS[2],name,text)
        if not old then redis.call('ZADD',KEYS[1],ARGV[i+1],name) end
      end
    end
    return 0
    """)

  private struct Writing {
    let id: MypageRowID
    let begun: Int
    let text: String
  }

  private let digest: String
  /// The rows of the reservations in the batch, by their ids.
  private var rows: [Int: MypageRow] = [:]
  /// Whose rows of which reservations were asked.
  private var asked = ByUser<[Int]>()

  init(shard: Shard, digests: [Script: String], isReplay: Bool) { digest = digests[Self.script] ?? "" }

  /// Asks the buyers' rows, which say all that the sellers' say.
  mutating func load(_ events: [JournalEvent], commands: inout Commands) {
    var seen: Set<Int> = []
    for item in events {
      guard let deal = item.event.deal, seen.insert(deal.reserveid).inserted else { continue }
      // There is nothing before a reservation is made.
      if case .deal(.reserveCompleted, _) = item.event.fact { continue }
      asked[deal.userid, default: []].append(deal.reserveid)
    }
    for (userid, ids) in asked.all {
      var words = Words("HMGET", Key.mypageRows(of: userid))
      for id in ids { words.add(MypageRowID(id, .buyer).description) }
      commands.add(words)
    }
  }

  /// Writes every row whole, to its buyer and to its seller where one is known.
  ///
  /// Also those to which no event was new: so a seller's row that was lost comes back from its buyer's.
  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    for ((_, ids), reply) in zip(asked.all, loaded) {
      for (id, text) in zip(ids, try reply.get()) {
        rows[id] = text.string.flatMap { MypageRow(packed: $0, reserveid: id) }
      }
    }
    for item in events {
      guard let deal = item.event.deal else { continue }
      if rows[deal.reserveid] == nil {
        rows[deal.reserveid] = MypageRow(item.event, of: deal, at: item.position)
      } else {
        rows[deal.reserveid]?.apply(item.event, of: deal, at: item.position)
      }
    }
    var pages = ByUser<[Writing]>()
    for (id, row) in rows {
      let text = row.packed
      for (userid, role) in [(row.deal.userid, DealRole.buyer), (row.deal.seller, .seller)] {
        guard let userid else { continue }
        pages[userid, default: []].append(Writing(id: MypageRowID(id, role), begun: row.begun, text: text))
      }
    }
    for (userid, writings) in pages.all {
      var words = Words("EVALSHA", digest, "2", Key.mypage(of: userid), Key.mypageRows(of: userid))
      for writing in writings {
        words.add(writing.id.description)
        words.add(writing.begun)
        words.add(writing.text)
      }
      commands.add(words)
    }
  }
}
