import Market
import Redis

/// The state of one stream that a lane reads: its position, what is buffered, and what need not be read.
struct LaneInput {
  /// Entries that the lane itself appended in one commit and need not read back.
  struct Gap {
    let first: EntryID
    let last: EntryID
    let count: Int
  }

  /// What to read from the stream next.
  struct Reading {
    /// The ranges between the lane's own entries; both bounds are exclusive.
    var stretches: [(after: EntryID, before: EntryID)] = []
    /// The entry after which to read on behind them; nil if that can wait.
    var tail: EntryID?
  }

  private enum Item {
    case entry(Entry)
    case own(Gap)
  }

  let stream: String
  /// The last entry that went into a batch or that the lane itself wrote.
  private(set) var position: EntryID
  /// The number of entries up to `position`: the group's `ENTRIESREAD`.
  private(set) var entriesRead: Int
  /// What was read but is not in a batch yet. Always starts with an entry.
  private var buffer: ArraySlice<Item> = []
  /// The lane's own entries beyond everything that was read.
  private var gaps: [Gap] = []
  /// The maximum number of gaps to remember. Further own entries are read back like any others.
  static let mostGaps = 16
  /// Whether the last reading found more than it could take.
  private var isBehind = false
  /// Whether the latest read reached the end of this stream.
  private(set) var isExhausted = false
  /// Whether the next commit moves the cursor, because entries were taken since the last one or the lane is
  /// new.
  private(set) var hasMoved = true

  init(stream: String, position: EntryID, entriesRead: Int) {
    self.stream = stream
    self.position = position
    self.entriesRead = entriesRead
  }

  var wantsRead: Bool { buffer.isEmpty }
  /// Whether everything that the latest read found is in a batch.
  var isAtEnd: Bool { buffer.isEmpty && gaps.isEmpty && isExhausted }
  var head: EntryID? {
    if case .entry(let entry) = buffer.first { entry.id } else { nil }
  }
  /// Whether the next entry is too large for a handler.
  var isHeadTooLarge: Bool {
    if case .entry(let entry) = buffer.first { entry.isTooLarge } else { false }
  }

  /// What to read next. If the lane is far behind on the stream, only the first stretch.
  var reading: Reading {
    guard let first = gaps.first, let last = gaps.last else { return Reading(tail: position) }
    if isBehind { return Reading(stretches: [(position, first.first)]) }
    let starts = [position] + gaps.map(\.last)
    return Reading(stretches: zip(starts, gaps).map { ($0, $1.first) }, tail: last.last)
  }

  /// Starts a new read: whether an earlier one reached the end no longer counts.
  mutating func beginRead() { isExhausted = false }

  /// Buffers what a `reading` found: the entries of each stretch, then those of the tail.
  ///
  /// A stretch that came back full or was cut short because of its size can hold more, so nothing after it
  /// counts.
  ///
  /// - Parameter cut: The index of the first stretch that was cut short, if any.
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

  /// Records that the cursor in Redis is at this position.
  mutating func committed() { hasMoved = false }

  /// Continues at another position, because entries were removed unread.
  ///
  /// - Parameter read: How many entries of the stream count as read now.
  mutating func skip(to position: EntryID, read: Int) {
    self.position = position
    entriesRead = read
    hasMoved = true
  }

  /// Records entries that the lane itself wrote.
  ///
  /// - Parameter isNext: Whether they directly follow the position, so that the commit moved the cursor past
  ///   them.
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
  /// Takes the next batch: the inputs' entries ordered by millisecond, and by input if milliseconds are
  /// equal.
  ///
  /// Sequence numbers of different streams are not comparable: a command that answers an event of the same
  /// millisecond can have the lower one. So events come first.
  ///
  /// An empty buffer ends the batch unless the latest read reached the end of its stream: the stream can hold
  /// an entry that precedes those of the other inputs. An entry too large to be handled is a batch of its
  /// own.
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
