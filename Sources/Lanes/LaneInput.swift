import Market
import Redis

/// What one lane knows of one of the streams it reads.
struct LaneInput {
  let stream: String
  /// The last entry that went into a batch.
  private(set) var position: EntryID
  /// How many entries of the stream that makes: the group's `ENTRIESREAD`.
  private(set) var entriesRead: Int
  /// Read, but not yet in a batch.
  private(set) var buffer: ArraySlice<Entry> = []
  /// Whether the latest read of all saw the end of this stream.
  private(set) var isExhausted = false
  /// Whether the next commit moves the cursor: entries were taken since the last one, or the lane was just taken.
  private(set) var hasMoved = true

  init(stream: String, position: EntryID, entriesRead: Int) {
    self.stream = stream
    self.position = position
    self.entriesRead = entriesRead
  }

  var wantsRead: Bool { buffer.isEmpty }
  /// Whether all that the latest read found is in a batch.
  var isAtEnd: Bool { buffer.isEmpty && isExhausted }
  var head: EntryID? { buffer.first?.id }

  /// A new read begins: what an older one saw of the stream's end counts no more.
  mutating func beginRead() { isExhausted = false }

  mutating func fill(_ entries: [Entry], limit: Int) {
    buffer = entries[...]
    isExhausted = entries.count < limit
  }

  /// The cursor stands in Redis where it stands here.
  mutating func committed() { hasMoved = false }

  /// Goes past entries that need not be read.
  mutating func skip(_ entries: Int, to last: EntryID) {
    position = last
    entriesRead += entries
  }

  mutating func take() -> Entry? {
    guard let entry = buffer.popFirst() else { return nil }
    position = entry.id
    entriesRead += 1
    hasMoved = true
    return entry
  }
}

extension [LaneInput] {
  /// The next batch: the inputs' entries in the order of their ids, on a tie the earlier input first.
  ///
  /// A stream that ran out ends the batch unless the latest read saw its end: it may hold an entry that comes
  /// before the others' next ones.
  mutating func nextBatch(limit: Int) -> [Entry] {
    var batch: [Entry] = []
    while batch.count < limit {
      var first: (id: EntryID, index: Int)?
      for index in indices {
        if let head = self[index].head {
          if first.map({ head < $0.id }) ?? true { first = (head, index) }
        } else if !self[index].isExhausted {
          return batch
        }
      }
      guard let first, let entry = self[first.index].take() else { return batch }
      batch.append(entry)
    }
    return batch
  }
}
