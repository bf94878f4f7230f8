import Lanes
import Layout
import Market
import Redis

extension Commit {
  /// How long an outcome is kept for a command that comes again: a day, in milliseconds.
  static let operationLifetime = 86_400_000
  /// How long answers wait for an ingress, in milliseconds, and how many of them at least.
  static let repliesLifetime = 60_000
  static let repliesKept = 10_000

  /// Makes a hash of `old` fields one of `new` fields, touching only those that differ.
  mutating func write(_ new: Fields, over old: Fields, at key: String) {
    if old.isEmpty { return write(new.pairs, at: key) }
    let known = Dictionary(old.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    write(new.pairs.filter { known[$0.name] != $0.value }, at: key)
    let kept = Set(new.pairs.map(\.name))
    let gone = known.keys.filter { !kept.contains($0) }.sorted()
    if !gone.isEmpty {
      add { words in
        words.add("HDEL")
        words.add(key)
        for name in gone { words.add(name) }
      }
    }
  }

  private mutating func write(_ changed: [(name: String, value: String)], at key: String) {
    if changed.isEmpty { return }
    add { words in
      words.add("HSET")
      words.add(key)
      for (name, value) in changed {
        words.add(name)
        words.add(value)
      }
    }
  }

  /// Appends an event to the shard's journal.
  mutating func append(_ event: Event, to journal: String) {
    add { words in
      words.add("XADD")
      words.add(journal)
      words.add("*")
      for (name, value) in event.fields {
        words.add(name)
        words.add(value)
      }
    }
  }

  /// Keeps what came of a command; an empty text while that is still open.
  mutating func keep(_ outcome: String, of commandid: String, in shard: Shard) {
    add { words in
      words.add("SET")
      words.add(Key.operation(commandid, in: shard))
      words.add(outcome)
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
