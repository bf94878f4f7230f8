@testable import Market

/// An ordered log whose ids are the entries' times; several logs can contain the same instant.
struct Log<Entry> {
  private(set) var entries: [(id: EntryID, entry: Entry)] = []

  mutating func append(_ entry: Entry, at milliseconds: UInt64) {
    var id = EntryID(milliseconds: milliseconds, sequence: 0)
    if let last = entries.last?.id, last.milliseconds == milliseconds { id.sequence = last.sequence + 1 }
    entries.append((id, entry))
  }
}
