/// Where a command goes in a cluster, by a table of the commands that this system sends.
struct CommandTarget: Equatable, Sendable {
  enum Place: Equatable, Sendable {
    /// To the node that has the slot of the command's first key.
    case slot(HashSlot)
    /// To any node: the command has no key, and every node gives the same answer.
    case anyNode
    /// To every node, each of which has a part of the answer.
    case everyNode
    /// `MULTI` and `EXEC`: to the node that has the slot of the commands between them.
    case begin, end
  }

  let place: Place
  /// Where the command's only key is in the encoded commands; nil if it has none or several, and for scripts.
  ///
  /// Of several keys, some can be at one node and some at another while a slot moves, and a script can touch
  /// keys that it does not declare.
  let onlyKey: Range<Int>?
  /// Where the digest of an `EVALSHA` is; nil for others.
  let digest: Range<Int>?

  private init(_ place: Place, onlyKey: Range<Int>? = nil, digest: Range<Int>? = nil) {
    self.place = place
    self.onlyKey = onlyKey
    self.digest = digest
  }

  /// Finds the target of the next command, and moves the reader behind the command.
  ///
  /// Throws if the table does not have the command: a guess could send it to the wrong node.
  init(_ reader: inout CommandReader) throws(RedisError) {
    guard let count = reader.count(), count > 0, let name = reader.word(),
      let target = try Self.find(reader.text(of: name), count, &reader)
    else { throw RedisError(.refused(kind: .generic), "ERR A command is incomplete.") }
    self = target
  }

  /// Returns nil if the command is incomplete.
  private static func find(
    _ name: String, _ count: Int, _ reader: inout CommandReader
  ) throws(RedisError) -> CommandTarget? {
    guard let rule = rules[name] else {
      throw RedisError(
        .refused(kind: .generic), "ERR In a cluster, it is not known where the command \(name) goes.")
    }
    var left = count - 1
    /// Returns the word after the next `skipped` ones.
    func next(after skipped: Int = 0) -> Range<Int>? {
      guard left > skipped else { return nil }
      for _ in 0..<skipped where reader.word() == nil { return nil }
      left -= skipped + 1
      return reader.word()
    }
    defer { while left > 0, reader.word() != nil { left -= 1 } }
    switch rule {
    case .key(let place, let others):
      guard let key = next(after: place - 1) else { return nil }
      return CommandTarget(.slot(reader.slot(of: key)), onlyKey: others && left > 0 ? nil : key)
    case .script:
      guard let digest = next(), let keys = next().flatMap({ Int(reader.text(of: $0)) }) else { return nil }
      let known = name == "EVALSHA" ? digest : nil
      if keys == 0 { return CommandTarget(.anyNode, digest: known) }
      return next().map { CommandTarget(.slot(reader.slot(of: $0)), digest: known) }
    case .streams:
      while let word = next() {
        guard reader.text(of: word) == "STREAMS" else { continue }
        // The streams, then as many positions.
        let isSingle = left == 2
        return next().map { CommandTarget(.slot(reader.slot(of: $0)), onlyKey: isSingle ? $0 : nil) }
      }
      return nil
    case .keyless(let place): return CommandTarget(place)
    }
  }

  private enum Rule {
    /// The place of the first key, and whether all words after it are keys too.
    case key(Int, others: Bool)
    /// The number of keys is the second word, and the keys follow.
    case script
    /// The keys follow the word `STREAMS`.
    case streams
    case keyless(Place)
  }

  private static let rules: [String: Rule] = {
    var rules: [String: Rule] = ["EVAL": .script, "EVALSHA": .script, "XREAD": .streams]
    func add(_ rule: Rule, _ names: String) {
      for name in names.split(separator: " ") { rules[String(name)] = rule }
    }
    add(
      .key(1, others: false),
      """
      APPEND EXPIRE GET HDEL HEXISTS HGET HGETALL HKEYS HLEN HMGET HSCAN HSET HSETNX INCR INCRBY LLEN LPUSH \
      LRANGE LREM LTRIM PEXPIRE PEXPIREAT PTTL RPUSH SADD SET TYPE XADD XDEL XLEN XRANGE XREVRANGE XSETID XTRIM \
      ZADD ZCARD ZCOUNT ZRANGE ZREM ZSCAN ZSCORE
      """)
    add(.key(1, others: true), "DEL EXISTS MGET UNLINK")
    add(.key(2, others: false), "MEMORY OBJECT XGROUP XINFO")
    add(.keyless(.anyNode), "ECHO PING TIME")
    add(.keyless(.everyNode), "CONFIG INFO SCAN SCRIPT SHUTDOWN")
    add(.keyless(.begin), "MULTI")
    add(.keyless(.end), "EXEC")
    return rules
  }()

  /// The names of all commands in the table.
  static var names: [String] { rules.keys.sorted() }
}
