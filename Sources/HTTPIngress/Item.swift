import Keys
import Lanes
import Market
import Redis

/// The place where one item of a collection is stored.
enum Item: Sendable {
  /// In a hash of its own.
  case aggregate(key: String)
  case notice(NoticeID)
  case mypageRow(MypageRowID)

  /// The key of its hash, and the field if the hash holds other items too.
  var place: (key: String, name: String?) {
    switch self {
    case .aggregate(let key): (key, nil)
    case .notice(let id): (Key.notices(of: id.userid), id.own)
    case .mypageRow(let id): (Key.mypageRows(of: id.reserveid, in: id.shard), String(id.reserveid))
    }
  }

  /// Decodes the stored item; nil if there is none, it was deleted, or it is not what a worker writes.
  func fields(_ found: Reply) -> Fields? {
    switch self {
    case .aggregate:
      guard let fields = try? Fields(reading: found), !fields.isEmpty else { return nil }
      return fields["deleted"] == "1" ? nil : fields
    case .notice(let id): return found.string.flatMap { id.fields(stored: $0) }
    case .mypageRow(let id): return found.string.flatMap { id.fields(stored: $0) }
    }
  }
}
