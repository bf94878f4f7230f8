import Keys
import Lanes
import Market
import Redis

/// An entry of a status stream, of which only those are read who get a notice of it.
enum StatusUpdate {
  /// Returns the notices of an entry that go to certain users; none for an entry that cannot be read.
  ///
  /// - Parameter users: the bytes of the users' ids.
  static func notices(
    of entry: Reply, in shard: Shard, to users: Set<[UInt8]>
  ) -> [(user: [UInt8], id: NoticeID)] {
    guard let fields = entry[1] else { return [] }
    var position: EntryID?
    var found: [(user: [UInt8], role: DealRole)] = []
    var place = 0
    var name: Reply?
    for part in fields {
      defer { place += 1 }
      if place.isMultiple(of: 2) {
        name = part
        continue
      }
      guard let name else { continue }
      if name.equals("position") {
        position = part.withBytes { EntryID(utf8: $0) } ?? nil
      } else if let role: DealRole = name.equals("userid") ? .buyer : name.equals("seller") ? .seller : nil,
        let user = part.withBytes({ Array($0) }), users.contains(user)
      {
        found.append((user, role))
      }
    }
    guard let position else { return [] }
    return found.map { user, role in
      (user, NoticeID(of: position, in: shard, to: String(decoding: user, as: UTF8.self), as: role))
    }
  }

  /// Returns the position of the event of an entry; nil if it cannot be read.
  static func position(of entry: Reply) -> EntryID? {
    guard let fields = entry[1] else { return nil }
    return (try? Fields(reading: fields))?["position"].flatMap { EntryID($0) }
  }
}
