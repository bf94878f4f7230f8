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
  /// Only releases write to the streams of a shard: what people write has passed a door.
  mutating func putAside(_ entry: Entry, from stream: String, because error: FieldError) {
    if Event.isNewer(error, type: entry.value("type")?.string) {
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

  /// Sets and cancels timers, on the clock to which each belongs.
  mutating func write(_ changes: ProductTrade.TimerChanges, of entity: Entity, in shard: Shard) {
    for (isOfEnded, key) in [(false, Key.timers(of: shard)), (true, Key.ended(entity, in: shard))] {
      func own(_ timers: [Timer]) -> [Timer] { timers.filter { ($0.kind == .ended) == isOfEnded } }
      schedule(own(changes.set).map { ($0.member, $0.due.milliseconds) }, at: key)
      cancel(timers: own(changes.canceled).map(\.member), at: key)
    }
  }

  /// Puts what leaves into the archive, and notes for good that its id is used.
  mutating func archive(_ leaving: Leaving, at position: EntryID, in shard: Shard) {
    let (entity, id) = (leaving.entity, leaving.id)
    add { words in
      words.add("XADD", Key.archive(of: shard), "*", "entity")
      words.add(entity.rawValue, "id")
      words.add(id)
      words.add("productid")
      words.add(leaving.productid)
      if let endedAt = leaving.endedAt { words.add("endedAt", endedAt.description) }
      words.add("record", leaving.record.packed)
    }
    add { words in
      words.add("HSET", Key.archived(entity, id: id, in: shard))
      words.add(id)
      words.add(String(position.timestamp.prefix(10)))
    }
  }

  mutating func remove(_ key: String) { add { $0.add("DEL", key) } }

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

extension PackedWords {
  /// Adds a field, if it has a value.
  mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    add(name)
    add(value)
  }

  /// Adds a field, if it has a value.
  mutating func add(_ name: String, _ value: Int?) {
    guard let value else { return }
    add(name)
    add(value)
  }
}
