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

  init(of key: String, on connection: any RedisLink) throws(RedisError) {
    var commands = Commands()
    commands.add("EXISTS", key)
    commands.add("XINFO", "STREAM", key)
    commands.add("XINFO", "GROUPS", key)
    let replies = try connection.exchange(commands).map(\.ofRightType)
    guard try replies[0].get().integer == 1, !replies[1].isNull else { return }
    let info = try replies[1].get()
    length = info.value("length")?.integer ?? 0
    added = info.value("entries-added")?.integer ?? length
    last = info.value("last-generated-id")?.string.flatMap { EntryID($0) } ?? .zero
    first = info.value("first-entry")?[0]?.string.flatMap { EntryID($0) }
    for group in try replies[2].get() {
      guard let name = group.value("name")?.string else { continue }
      let position = group.value("last-delivered-id")?.string.flatMap { EntryID($0) } ?? .zero
      // Redis reports no lag for a stream with deleted entries; then use its length.
      lags[name] = position >= last ? 0 : max(1, group.value("lag")?.integer ?? length)
    }
  }

  /// Returns how many entries `reader` has not read yet: all of them if it never read.
  func lag(of reader: String) -> Int { lags[reader] ?? length }
}
