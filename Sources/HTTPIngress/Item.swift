import Keys
import Market
import Redis

/// Where one item of a collection is found.
enum Item: Sendable {
  /// A hash of its own.
  case aggregate(key: String)
  case notice(NoticeID)
  case mypageRow(MypageRowID)

  /// The hash that holds it, and under which name if it holds others too.
  var place: (key: String, name: String?) {
    switch self {
    case .aggregate(let key): (key, nil)
    case .notice(let id): (Key.notices(of: id.userid), id.own)
    case .mypageRow(let id): (Key.mypageRows(of: id.reserveid, in: id.shard), String(id.reserveid))
    }
  }

  /// Reads what was found; nil where there is nothing, or it was deleted.
  func fields(_ found: Reply) -> Fields? {
    switch self {
    case .aggregate:
      let fields = Fields(pairs: found)
      return fields.isEmpty || fields["deleted"] == "1" ? nil : fields
    case .notice(let id): return found.string.flatMap { id.fields(stored: $0) }
    case .mypageRow(let id): return found.string.flatMap { id.fields(stored: $0) }
    }
  }
}
