import Market
import Redis

/// Where a stream ends, what of it is still there, and how far its readers are.
struct StreamState: Equatable {
  private(set) var length = 0
  private(set) var added = 0
  private(set) var last = EntryID.zero
  /// The first entry that is still there.
  private(set) var first: EntryID?
  /// How many entries each consumer group has still to read.
  private(set) var lags: [String: Int] = [:]

  /// Whether the oldest entries are gone, or some in between.
  var isTrimmed: Bool { added > length }

  init(of key: String, on connection: RedisConnection) throws(RedisError) {
    var commands = Commands()
    commands.add("EXISTS", key)
    commands.add("XINFO", "STREAM", key)
    commands.add("XINFO", "GROUPS", key)
    let replies = try connection.exchange(commands).map(\.ofRightType)
    guard try replies[0].get().integer == 1, !replies[1].isNull else { return }
    let info = try replies[1].get().properties
    length = info["length"]?.integer ?? 0
    added = info["entries-added"]?.integer ?? length
    last = info["last-generated-id"]?.text.flatMap { EntryID($0) } ?? .zero
    first = info["first-entry"]?[0]?.text.flatMap { EntryID($0) }
    for group in try replies[2].get() {
      let group = group.properties
      guard let name = group["name"]?.text else { continue }
      let position = group["last-delivered-id"]?.text.flatMap { EntryID($0) } ?? .zero
      // Redis cannot tell the lag of a stream that somebody deleted from: then what there is has to do.
      lags[name] = position >= last ? 0 : max(1, group["lag"]?.integer ?? length)
    }
  }

  /// How many entries `reader` has still to read; one that never read has all before it.
  func lag(of reader: String) -> Int { lags[reader] ?? length }
}
