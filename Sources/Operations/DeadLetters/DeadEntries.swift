import Lanes
import Market
import Redis

/// Which entries went to the dead letters instead of being handled.
struct DeadEntries {
  private struct Place: Hashable {
    let stream: String
    let id: String
  }

  private(set) var count = 0
  /// Dead letters were replayed or dropped since: which ones is not known any more.
  private(set) var areIncomplete = false
  private var places: Set<Place> = []

  init(tag: String, on connection: RedisConnection) throws(RedisError) {
    let key = LaneName(worker: "", tag: tag).deadLetters
    areIncomplete = try StreamState(of: key, on: connection).isTrimmed
    try connection.readPages(of: key) { (page) throws(RedisError) in
      count += page.count
      for entry in page {
        places.insert(Place(stream: entry.fields["stream"] ?? "", id: entry.fields["entry"] ?? ""))
      }
    }
  }

  func contain(_ id: EntryID, of stream: String) -> Bool {
    places.contains(Place(stream: stream, id: "\(id)"))
  }
}
