import Keys
import Lanes
import Market
import Redis

/// Maintains my page: a row for every reservation, and for every user a list of the rows that concern them.
///
/// A row is stored in its reservation's shard, so it is written by the commit, exactly once. The lists are
/// stored in the users' own slots and written before the commit: listing a row twice has no effect.
struct MypageProjection: Projection {
  private let lane: ProjectionLane
  private let isReplay: Bool
  /// The rows to load.
  private var asked: [(hash: String, ids: [Int])] = []
  /// The unreadable rows, and why.
  private var unreadable: [Int: FieldError] = [:]

  init(in lane: ProjectionLane, isReplay: Bool) {
    self.lane = lane
    self.isReplay = isReplay
  }

  static func writes(in shard: Shard) -> [LaneWrite] {
    [LaneWrite(like: "HSET", Key.mypageRows(of: 0, in: shard), "0", "x")]
  }

  mutating func load(_ events: [JournalEvent], commands: inout Commands) {
    var seen: Set<Int> = []
    var unknown: [Int] = []
    for item in events {
      guard let id = item.event.deal?.reserveid, seen.insert(id).inserted else { continue }
      // A reservation has no row before it is made, except in a replay.
      if !isReplay, case .deal(.reserveCompleted, _) = item.event.fact { continue }
      if lane.rows[id] == nil { unknown.append(id) }
    }
    asked = byHash(unknown)
    for (hash, ids) in asked {
      var words = RESPWords("HMGET", hash)
      for id in ids { words.add(id) }
      commands.add(words)
    }
  }

  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    let found = try rows(in: loaded)
    var changed: [Int: MypageRow] = [:]
    var pages = ByUser<[(id: MypageRowID, begun: Int)]>()
    for item in events {
      guard let deal = item.event.deal else { continue }
      let id = deal.reserveid
      if let error = unreadable[id], let entry = item.entry {
        // A new row from this event alone would lack what earlier events said.
        commit.putAside(entry, from: Key.journal(of: lane.shard), isOfRelease: true, because: error)
        continue
      }
      let before = changed[id] ?? found[id] ?? lane.rows[id]
      var row = before ?? MypageRow(item.event, of: deal, at: item.position)
      row.apply(item.event, of: deal, at: item.position)
      if row.position != before?.position { changed[id] = row }
      if before == nil || isReplay {
        pages[row.deal.userid, default: []].append((MypageRowID(id, in: lane.shard, .buyer), row.begun))
      }
      if let seller = row.deal.seller, before?.deal.seller == nil || isReplay {
        pages[seller, default: []].append((MypageRowID(id, in: lane.shard, .seller), row.begun))
      }
    }
    list(pages, &commands)
    write(changed, &commit)
    lane.rows.remember(Array(changed.keys), Array(changed.values))
  }

  private mutating func rows(in replies: [Reply]) throws(RedisError) -> [Int: MypageRow] {
    var rows: [Int: MypageRow] = [:]
    for ((_, ids), reply) in zip(asked, replies) {
      for (id, text) in zip(ids, try reply.get()) {
        guard let packed = text.string else { continue }
        do throws(FieldError) {
          rows[id] = try MypageRow(packed: packed, reserveid: id)
        } catch {
          unreadable[id] = error
        }
      }
    }
    return rows
  }

  private func list(_ pages: ByUser<[(id: MypageRowID, begun: Int)]>, _ commands: inout Commands) {
    for (userid, rows) in pages.all {
      var words = RESPWords("ZADD", Key.mypage(of: userid))
      for row in rows {
        words.add(row.begun)
        words.add(row.id.description)
      }
      commands.add(words)
    }
  }

  private func write(_ rows: [Int: MypageRow], _ commit: inout Commit) {
    for (hash, ids) in byHash(rows.keys.sorted()) {
      commit.add { words in
        words.add("HSET", hash)
        for id in ids {
          guard let row = rows[id] else { continue }
          words.add(id)
          words.add(row.packed)
        }
      }
    }
  }

  /// Groups reservations by the hash that stores their rows.
  private func byHash(_ ids: [Int]) -> [(hash: String, ids: [Int])] {
    Dictionary(grouping: ids) { Key.mypageRows(of: $0, in: lane.shard) }.map { ($0, $1) }
  }
}
