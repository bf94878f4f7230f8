import Lanes
import Market
import Redis

/// The entries that became dead letters instead of being handled.
struct DeadEntries {
  private struct Place: Hashable {
    let stream: String
    let id: String
  }

  private(set) var count = 0
  /// Whether dead letters have been replayed or dropped, so that some of these entries are unknown.
  private(set) var areIncomplete = false
  private var places: Set<Place> = []

  init(tag: String, on connection: any RedisLink) throws(RedisError) {
    let key = LaneName(worker: "", tag: tag).deadLetters
    areIncomplete = try StreamState(of: key, on: connection).isTrimmed
    try connection.readPages(of: key) { (page) throws(RedisError) in
      count += page.count
      for entry in page {
        let facts = entry.shown
        places.insert(Place(stream: facts["stream"] ?? "", id: facts["entry"] ?? ""))
      }
    }
  }

  func contain(_ id: EntryID, of stream: String) -> Bool {
    places.contains(Place(stream: stream, id: "\(id)"))
  }
}
