import Keys
import Lanes
import Market
import Redis

extension Commit {
  /// How long an outcome is kept for a command that comes again: a day, in milliseconds.
  static let operationLifetime = 86_400_000
  /// How long answers wait for an ingress, in milliseconds, and how many of them at least.
  static let repliesLifetime = 60_000
  static let repliesKept = 10_000

  /// Keeps an entry that cannot be read. One of the journal that a newer release wrote must not be put aside, or this
  /// worker would never take it: the lane stands still before it.
  mutating func putAside(_ entry: Entry, from stream: String, isJournal: Bool, because error: FieldError) {
    if isJournal, Event.isNewer(error, type: entry.value("type")?.string) {
      standStill(at: entry, from: stream, because: error)
    } else {
      addDeadLetter(entry, from: stream, because: error)
    }
  }

  /// Carries changes of fields over to the hash that keeps them.
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

  /// Appends an event to the shard's journal. No worker listens to what it says itself.
  mutating func emit(_ event: Event, on journal: String) {
    append(to: journal) { words in
      for (name, value) in event.fields {
        words.add(name)
        words.add(value)
      }
    }
  }

  /// Keeps what came of a command.
  mutating func keep(_ record: CommandRecord, of commandid: String, in shard: Shard) {
    add { words in
      words.add("SET")
      words.add(Key.operation(commandid, in: shard))
      words.add(record.stored)
      words.add("PX")
      words.add(Self.operationLifetime)
    }
  }

  /// Tells a waiting ingress what came of a command.
  mutating func answer(_ outcome: String, of commandid: String, to ingress: String, in shard: Shard) {
    let key = Key.replies(to: ingress, in: shard)
    addReply { words in
      for word in ["XADD", key, "MAXLEN", "~"] { words.add(word) }
      words.add(Self.repliesKept)
      for word in ["*", "commandid", commandid, "outcome", outcome] { words.add(word) }
    }
    addReply { words in
      words.add("PEXPIRE")
      words.add(key)
      words.add(Self.repliesLifetime)
    }
  }
}
