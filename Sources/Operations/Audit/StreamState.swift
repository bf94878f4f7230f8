import Market
import Redis

/// Where a stream ends, how much of it still exists, and how far its readers are.
struct StreamState: Equatable {
  private(set) var length = 0
  private(set) var added = 0
  private(set) var last = EntryID.zero
  /// The first entry that still exists.
  private(set) var first: EntryID?
  /// How many entries each consumer group has not read yet.
  private(set) var lags: [String: Int] = [:]

  /// Whether some entries are gone, the oldest ones or others.
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
      // Redis reports no lag for a stream with deleted entries; then use its length.
      lags[name] = position >= last ? 0 : max(1, group["lag"]?.integer ?? length)
    }
  }

  /// Returns how many entries `reader` has not read yet: all of them if it never read.
  func lag(of reader: String) -> Int { lags[reader] ?? length }
}
