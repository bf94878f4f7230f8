import Market
import Redis

/// What one lane knows of one of the streams it reads.
struct LaneInput {
  /// Entries that the lane itself wrote with one commit, and need not read.
  struct Gap {
    let first: EntryID
    let last: EntryID
    let count: Int
  }

  /// What to read of the stream next.
  struct Reading {
    /// Between the lane's own entries: each stretch begins after an entry and ends before another.
    var stretches: [(after: EntryID, before: EntryID)] = []
    /// After which entry to read on behind them; nil where that can wait.
    var tail: EntryID?
  }

  private enum Item {
    case entry(Entry)
    case own(Gap)
  }

  let stream: String
  /// The last entry that went into a batch, or that the lane itself wrote.
  private(set) var position: EntryID
  /// How many entries of the stream that makes: the group's `ENTRIESREAD`.
  private(set) var entriesRead: Int
  /// Read, but not yet in a batch; begins with an entry.
  private var buffer: ArraySlice<Item> = []
  /// The lane's own entries that lie beyond all that was read.
  private var gaps: [Gap] = []
  /// How many of them are remembered; more are read like anybody else's.
  static let mostGaps = 16
  /// Whether the last reading found more than it could take.
  private var isBehind = false
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
  var isAtEnd: Bool { buffer.isEmpty && gaps.isEmpty && isExhausted }
  var head: EntryID? {
    if case .entry(let entry) = buffer.first { entry.id } else { nil }
  }
  /// Whether the next entry is one that no handler is to see.
  var isHeadTooLarge: Bool {
    if case .entry(let entry) = buffer.first { entry.isTooLarge } else { false }
  }

  /// What to read next; of a stream that is far behind only what comes first.
  var reading: Reading {
    guard let first = gaps.first, let last = gaps.last else { return Reading(tail: position) }
    if isBehind { return Reading(stretches: [(position, first.first)]) }
    let starts = [position] + gaps.map(\.last)
    return Reading(stretches: zip(starts, gaps).map { ($0, $1.first) }, tail: last.last)
  }

  /// A new read begins: what an older one saw of the stream's end counts no more.
  mutating func beginRead() { isExhausted = false }

  /// Takes what a `reading` found: in each of the stretches, and at last behind them.
  ///
  /// A stretch that came back full, or was cut short because of its size, may hold more, so nothing after it counts.
  ///
  /// - Parameter cut: the place of the first stretch that was cut short, if one was.
  mutating func fill(_ stretches: [[Entry]], limit: Int, cut: Int? = nil) {
    buffer = []
    isBehind = false
    for (place, entries) in stretches.enumerated() {
      buffer += entries.map { .entry($0) }
      if entries.count >= limit || place == cut {
        isBehind = true
        break
      }
      if gaps.isEmpty {
        isExhausted = true
      } else {
        buffer.append(.own(gaps.removeFirst()))
      }
    }
    passOwn()
  }

  /// The cursor stands in Redis where it stands here.
  mutating func committed() { hasMoved = false }

  /// Goes on elsewhere, because entries were removed unread.
  ///
  /// - Parameter read: how many entries of the stream count as read now.
  mutating func skip(to position: EntryID, read: Int) {
    self.position = position
    entriesRead = read
    hasMoved = true
  }

  /// Notes entries that the lane itself wrote.
  ///
  /// - Parameter isNext: whether they follow its position at once, and its cursor moved past them with the commit.
  mutating func leaveOut(_ own: Gap, isNext: Bool) {
    if isNext {
      position = own.last
      entriesRead += own.count
    } else if gaps.count < Self.mostGaps {
      gaps.append(own)
    }
  }

  mutating func take() -> Entry? {
    guard case .entry(let entry) = buffer.popFirst() else { return nil }
    position = entry.id
    entriesRead += 1
    hasMoved = true
    passOwn()
    return entry
  }

  private mutating func passOwn() {
    while case .own(let gap) = buffer.first {
      buffer.removeFirst()
      position = gap.last
      entriesRead += gap.count
      hasMoved = true
    }
  }
}

extension [LaneInput] {
  /// The next batch: the inputs' entries in the order of their milliseconds, on a tie the earlier input first.
  ///
  /// Sequence numbers of two streams say nothing of each other: a command that answers an event of the same
  /// millisecond can have the lower one. So events come first.
  /// A stream that ran out ends the batch unless the latest read saw its end: it may hold an entry that comes
  /// before the others' next ones. An entry that is too large to be handled is a batch of its own.
  mutating func nextBatch(limit: Int) -> [Entry] {
    var batch: [Entry] = []
    while batch.count < limit {
      var first: (time: UInt64, index: Int)?
      for index in indices {
        if let head = self[index].head {
          if first.map({ head.milliseconds < $0.time }) ?? true { first = (head.milliseconds, index) }
        } else if !self[index].isExhausted {
          return batch
        }
      }
      guard let first, batch.isEmpty || !self[first.index].isHeadTooLarge,
        let entry = self[first.index].take()
      else { return batch }
      batch.append(entry)
      if entry.isTooLarge { return batch }
    }
    return batch
  }
}
