import Keys
import Lanes
import Market
import Redis

/// Maintains my page: a row for every reservation, and for every user a list of the rows that concern them.
///
/// A row is stored in its reservation's shard, so it is written by the commit, exactly once. The lists are
/// stored in the users' own slots and written before the commit: listing a row twice has no effect.
///
/// What leaves for the archive leaves my page too. As this worker writes to all slots, it also makes the directory
/// small for what has left.
struct MypageProjection: Projection {
  private let lane: ProjectionLane
  private let isReplay: Bool
  /// The rows to load.
  private var asked: [(hash: String, ids: [Int])] = []
  /// The reservations among them that have left for the archive.
  private var left: Set<Int> = []
  /// The unreadable rows, and why.
  private var unreadable: [Int: FieldError] = [:]

  init(in lane: ProjectionLane, isReplay: Bool) {
    self.lane = lane
    self.isReplay = isReplay
  }

  static func writes(in shard: Shard) -> [LaneWrite] {
    [
      LaneWrite(like: "HSET", Key.mypageRows(of: 0, in: shard), "0", "x"),
      LaneWrite(like: "HDEL", Key.mypageRows(of: 0, in: shard), "0"),
    ]
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
      guard let first = ids.first else { continue }
      // The stock can have answered after a deal has left.
      for key in [hash, Key.archived(.reserve, id: first, in: lane.shard)] {
        var words = RESPWords("HMGET", key)
        for id in ids { words.add(id) }
        commands.add(words)
      }
    }
  }

  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    let found = try rows(in: loaded)
    var changed: [Int: MypageRow] = [:]
    var pages = ByUser<[(id: MypageRowID, begun: Int)]>()
    var gone = Departures()
    for item in events {
      if !isReplay { gone.note(item.event) }
      guard let deal = item.event.deal else { continue }
      let id = deal.reserveid
      if let error = unreadable[id], let entry = item.entry {
        // A new row from this event alone would lack what earlier events said.
        commit.putAside(entry, from: Key.journal(of: lane.shard), because: error)
        continue
      }
      let before = changed[id] ?? found[id] ?? lane.rows[id]
      if case .deal(.reserveArchived, _) = item.event.fact {
        left.insert(id)
        changed[id] = nil
        gone.rows.append((id, [deal.userid, before?.deal.userid], [deal.seller, before?.deal.seller]))
        continue
      }
      if left.contains(id) { continue }
      var row = before ?? MypageRow(item.event, of: deal, at: item.position)
      row.apply(item.event, of: deal, at: item.position)
      if row.position != before?.position { changed[id] = row }
      gone.note(row.deal, instead: before?.deal, in: lane.shard)
      if before == nil || isReplay {
        pages[row.deal.userid, default: []].append((MypageRowID(id, in: lane.shard, .buyer), row.begun))
      }
      if let seller = row.deal.seller, before?.deal.seller == nil || isReplay {
        pages[seller, default: []].append((MypageRowID(id, in: lane.shard, .seller), row.begun))
      }
    }
    list(pages, &commands)
    remove(gone, &commands, &commit)
    write(changed, &commit)
    lane.rows.remember(Array(changed.keys), Array(changed.values))
    lane.rows.forget(left)
  }

  private mutating func rows(in replies: [Reply]) throws(RedisError) -> [Int: MypageRow] {
    var rows: [Int: MypageRow] = [:]
    for (place, (_, ids)) in asked.enumerated() where 2 * place + 1 < replies.count {
      for (id, day) in zip(ids, try replies[2 * place + 1].get()) where !day.isNull { left.insert(id) }
      for (id, text) in zip(ids, try replies[2 * place].get()) {
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
    for (userid, rows) in pages.all where userid != Forgotten.user {
      var words = RESPWords("ZADD", Key.mypage(of: userid))
      for row in rows {
        words.add(row.begun)
        words.add(row.id.description)
      }
      commands.add(words)
    }
  }

  /// Removes the entry of an id that a door has made: no door makes it again. One that a person has chosen is kept, as a
  /// door could.
  private static let makeSmall = """
    local entry=redis.call('GET',KEYS[1])
    if entry and string.sub(entry,-5)==' made' then return redis.call('DEL',KEYS[1]) end
    return 0
    """

  /// Removes rows and what lists them, and makes the directory small for what has left. All of it can be repeated.
  private func remove(_ gone: Departures, _ commands: inout Commands, _ commit: inout Commit) {
    var pages = ByUser<[MypageRowID]>()
    for (id, buyers, sellers) in gone.rows {
      for (role, users) in [(DealRole.buyer, buyers), (.seller, sellers)] {
        for userid in users {
          if let userid { pages[userid, default: []].append(MypageRowID(id, in: lane.shard, role)) }
        }
      }
    }
    for (userid, id) in gone.listed { pages[userid, default: []].append(id) }
    for (userid, rows) in pages.all {
      var words = RESPWords("ZREM", Key.mypage(of: userid))
      for row in rows { words.add(row.description) }
      commands.add(words)
    }
    for (entity, id, productid) in gone.ids {
      commands.add("HSET", Key.directory(archived: entity, id: id), "\(id)", "\(productid)")
      commands.add("EVAL", Self.makeSmall, "1", Key.directory(entity, id: id))
    }
    for (hash, ids) in byHash(gone.rows.map(\.id)) {
      commit.add { words in
        words.add("HDEL", hash)
        for id in ids { words.add(id) }
      }
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

/// What a batch lets leave.
private struct Departures {
  /// Rows of reservations, with their buyers and sellers as far as known.
  var rows: [(id: Int, buyers: [String?], sellers: [String?])] = []
  /// All ids whose entries in the directory become small, with their products.
  private(set) var ids: [(entity: Entity, id: Int, productid: Int)] = []

  /// The rows that are no longer a user's, because the user was forgotten.
  private(set) var listed: [(userid: String, id: MypageRowID)] = []

  mutating func note(_ deal: Deal, instead before: Deal?, in shard: Shard) {
    guard let before else { return }
    if deal.userid == Forgotten.user, before.userid != Forgotten.user {
      listed.append((before.userid, MypageRowID(deal.reserveid, in: shard, .buyer)))
    }
    if deal.seller == Forgotten.user, let seller = before.seller, seller != Forgotten.user {
      listed.append((seller, MypageRowID(deal.reserveid, in: shard, .seller)))
    }
  }

  mutating func note(_ event: Event) {
    guard let id = event.archivedID else { return }
    ids.append((event.author.entity, id, event.productid))
  }
}
