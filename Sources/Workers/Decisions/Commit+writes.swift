import Keys
import Lanes
import Market
import Redis

extension Commit {
  /// How long replies are kept for an ingress, in milliseconds, and the least number of them.
  static let repliesLifetime = 60_000
  static let repliesKept = 10_000

  /// Makes an unreadable entry a dead letter. But if a newer release wrote it, the lane stands still before it: once
  /// put aside, this worker would never handle it.
  ///
  /// - Parameter isOfRelease: whether only releases write such entries, and people do not.
  mutating func putAside(_ entry: Entry, from stream: String, isOfRelease: Bool, because error: FieldError) {
    if isOfRelease, Event.isNewer(error, type: entry.value("type")?.string) {
      standStill(at: entry, from: stream, because: error)
    } else {
      addDeadLetter(entry, from: stream, because: error)
    }
  }

  /// Writes changed fields to their hash.
  mutating func write(_ changes: FieldChanges, at key: String) {
    if !changes.written.isEmpty {
      add { words in
        words.add("HSET")
        words.add(key)
        for (name, value) in changes.written {
          words.add(name)
          words.add(value)
        }
      }
    }
    if !changes.removed.isEmpty {
      add { words in
        words.add("HDEL")
        words.add(key)
        for name in changes.removed { words.add(name) }
      }
    }
  }

  /// Sets and cancels timers.
  mutating func write(_ changes: ProductTrade.TimerChanges, in shard: Shard) {
    schedule(changes.set.map { ($0.member, $0.due.milliseconds) }, at: Key.timers(of: shard))
    cancel(timers: changes.canceled.map(\.member), at: Key.timers(of: shard))
  }

  /// Appends an event to the shard's journal. No worker listens to its own events.
  mutating func emit(_ event: Event, on journal: String) {
    append(to: journal) { words in
      for (name, value) in event.fields {
        words.add(name)
        words.add(value)
      }
    }
  }

  /// Stores a command's record.
  mutating func keep(_ record: CommandRecord, of commandid: String, in shard: Shard) {
    add { words in
      words.add("SET")
      words.add(Key.operation(commandid, in: shard))
      words.add(record.stored)
      words.add("PX")
      words.add(CommandRecord.lifetime)
    }
  }

  /// Sends a command's outcome to a waiting ingress.
  mutating func answer(_ outcome: String, of commandid: String, to ingress: String, in shard: Shard) {
    let key = Key.replies(to: ingress, in: shard)
    addReply { words in
      for word in ["XADD", key, "MAXLEN", "~"] { words.add(word) }
      words.add(Self.repliesKept)
      words.add("*")
      for (name, value) in CommandAnswer(outcome, of: commandid).fields {
        words.add(name)
        words.add(value)
      }
    }
    addReply { words in
      words.add("PEXPIRE")
      words.add(key)
      words.add(Self.repliesLifetime)
    }
  }
}
