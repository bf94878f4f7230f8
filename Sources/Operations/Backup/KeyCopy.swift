import Lanes
import Market
import Redis

/// Copies keys from one server to a deployment of any size and release.
///
/// It reads and writes what the keys contain rather than their serialized form, which newer servers write in a way that
/// older ones cannot read, and which can be larger than a server accepts in one piece.
struct KeyCopy {
  /// A key is there already, or one of its entries came meanwhile.
  struct Conflict: Error, CustomStringConvertible {
    let description: String
  }

  /// How many keys, and how many elements of one, are read at a time.
  private static let page = 500
  /// How many bytes of commands are sent at a time, about.
  private static let bytes = 1 << 18

  private let source: RedisConnection
  private let target: any RedisLink
  private let isWanted: (String) -> Bool
  private var writes = Commands()

  /// - Parameter isWanted: Whether to copy the key of a name.
  init(from source: RedisConnection, to target: any RedisLink, isWanted: @escaping (String) -> Bool) {
    self.source = source
    self.target = target
    self.isWanted = isWanted
  }

  /// Copies everything. Nothing may change at the source. Throws `Conflict` if the target has one of the keys. Returns
  /// how many keys were copied.
  mutating func run(onProgress: (_ done: Int) -> Void = { _ in }) throws -> Int {
    var (cursor, count) = ("0", 0)
    repeat {
      let reply = try source.call("SCAN", cursor, "COUNT", "\(Self.page)")
      guard let next = reply[0]?.string, let found = reply[1] else {
        throw RedisError(.unexpectedReply, "SCAN returned no cursor.")
      }
      cursor = next
      let names = found.compactMap(Name.init).filter { isWanted($0.text) }
      try copy(names)
      count += names.count
      onProgress(count)
    } while cursor != "0"
    try flush()
    return count
  }

  /// The name of a key, which can be any bytes.
  private struct Name {
    let word: RESPWords
    let text: String

    init?(_ reply: Reply) {
      var word = RESPWords()
      guard reply.withBytes({ word.add($0) }) != nil, let text = reply.text else { return nil }
      self.word = word
      self.text = text
    }
  }

  private struct Item {
    let name: Name
    let type: String
    /// When it expires, in milliseconds since 1970; nil for never.
    let end: Int?
    var count = 0
  }

  private mutating func copy(_ names: [Name]) throws {
    let found = try target.exchange(Self.ask(names) { $0.add("EXISTS", of: $1.word) })
    for (name, reply) in zip(names, found) where try reply.get().integer != 0 {
      throw Conflict(description: "\(name.text) is there already.")
    }
    let types = try source.exchange(Self.ask(names) { $0.add("TYPE", of: $1.word) })
    let ends = try source.exchange(Self.ask(names) { $0.add("PEXPIRETIME", of: $1.word) })
    var items = try zip(names, zip(types, ends)).map { name, facts in
      let end = try facts.1.get().integer ?? -1
      return Item(name: name, type: try facts.0.get().string ?? "", end: end >= 0 ? end : nil)
    }
    let counted = items.indices.filter { Self.counts[items[$0].type] != nil }
    let counts = try source.exchange(
      Self.ask(counted) { $0.add(Self.counts[items[$1].type] ?? "", of: items[$1].name.word) })
    for (index, reply) in zip(counted, counts) { items[index].count = try reply.get().integer ?? 0 }
    // Most keys are small: their contents come together.
    let small = items.filter { Self.whole[$0.type] != nil && $0.count <= Self.page }
    let contents = try source.exchange(Self.ask(small) { Self.whole[$1.type]?($1.name.word, &$0) })
    for (item, reply) in zip(small, contents) { try write(item, reply.get()) }
    for item in items where Self.whole[item.type] == nil || item.count > Self.page {
      switch item.type {
      case "stream": try copyStream(item)
      case "hash", "zset", "set": try copyScanned(item)
      case "list": try copyList(item)
      // It has expired since.
      case "none": continue
      default:
        throw RedisError(.unexpectedReply, "\(item.name.text) is a \(item.type), which no release writes.")
      }
    }
    for item in items {
      guard let end = item.end else { continue }
      var words = RESPWords("PEXPIREAT")
      words.add(item.name.word)
      words.add(end)
      writes.add(words)
    }
    if writes.bytes.count > Self.bytes { try flush() }
  }

  private static func ask<Item>(_ items: [Item], _ add: (inout Commands, Item) -> Void) -> Commands {
    var commands = Commands()
    for item in items { add(&commands, item) }
    return commands
  }

  /// The commands that say how many elements there are, by type.
  private static let counts = ["hash": "HLEN", "zset": "ZCARD", "set": "SCARD", "list": "LLEN"]
  /// Adds the command that asks for all of it, by type.
  private static let whole: [String: @Sendable (RESPWords, inout Commands) -> Void] = [
    "string": { $1.add("GET", of: $0) },
    "hash": { $1.add("HGETALL", of: $0) },
    "zset": { $1.add("ZRANGE", of: $0, "0", "-1", "WITHSCORES") },
    "set": { $1.add("SMEMBERS", of: $0) },
    "list": { $1.add("LRANGE", of: $0, "0", "-1") },
  ]

  /// Writes elements of a key, as a command that asks for them returns them.
  private mutating func write(_ item: Item, _ found: Reply) throws(RedisError) {
    var words: RESPWords
    switch item.type {
    case "string":
      words = RESPWords("SET")
      words.add(item.name.word)
      guard !found.isNull else { return }
      words.add(copyOf: found)
    case "zset":
      if found.count == 0 { return }
      words = RESPWords("ZADD")
      words.add(item.name.word)
      var parts = found.makeIterator()
      while let member = parts.next(), let score = parts.next() {
        words.add(copyOf: score)
        words.add(copyOf: member)
      }
    default:
      if found.count == 0 { return }
      words = RESPWords(item.type == "hash" ? "HSET" : item.type == "set" ? "SADD" : "RPUSH")
      words.add(item.name.word)
      for part in found { words.add(copyOf: part) }
    }
    writes.add(words)
    if writes.bytes.count > Self.bytes { try flush() }
  }

  private mutating func copyScanned(_ item: Item) throws(RedisError) {
    let command = item.type == "hash" ? "HSCAN" : item.type == "zset" ? "ZSCAN" : "SSCAN"
    var cursor = "0"
    repeat {
      let reply = try source.single(command, of: item.name.word, cursor, "COUNT", "\(Self.page)")
      guard let next = reply[0]?.string, let found = reply[1] else {
        throw RedisError(.unexpectedReply, "\(command) returned no cursor.")
      }
      try write(item, found)
      cursor = next
    } while cursor != "0"
  }

  private mutating func copyList(_ item: Item) throws(RedisError) {
    for start in stride(from: 0, to: item.count, by: Self.page) {
      let end = start + Self.page - 1
      try write(item, source.single("LRANGE", of: item.name.word, "\(start)", "\(end)"))
    }
  }

  /// Copies the entries of a stream, and what it remembers: the last id, how many there were, and who has read how many.
  private mutating func copyStream(_ item: Item) throws(RedisError) {
    let key = item.name.word
    let facts = try source.single("XINFO", "STREAM", of: key)
    guard let last = facts.value("last-generated-id")?.string,
      let added = facts.value("entries-added")?.integer,
      let deleted = facts.value("max-deleted-entry-id")?.string
    else {
      throw RedisError(.unexpectedReply, "XINFO STREAM \(item.name.text) lacks what it says since 7.0.")
    }
    // A stream without entries exists all the same.
    writes.add("XGROUP", "CREATE", of: key, Self.passing, "0", "MKSTREAM")
    writes.add("XGROUP", "DESTROY", of: key, Self.passing)
    var start = "-"
    while true {
      let page = try source.single("XRANGE", of: key, start, "+", "COUNT", "\(Self.page)")
      for entry in page {
        guard let id = entry[0]?.string, let body = entry[1] else {
          throw RedisError(
            .unexpectedReply, "XRANGE \(item.name.text) returned an entry that cannot be read.")
        }
        var words = RESPWords("XADD")
        words.add(key)
        words.add(id)
        for part in body { words.add(copyOf: part) }
        writes.add(words)
        if writes.bytes.count > Self.bytes { try flush() }
        start = "(\(id)"
      }
      if page.count < Self.page { break }
    }
    writes.add("XSETID", of: key, last, "ENTRIESADDED", "\(added)", "MAXDELETEDID", deleted)
    for group in try source.single("XINFO", "GROUPS", of: key) {
      guard let name = group.value("name"), let position = group.value("last-delivered-id")?.string else {
        throw RedisError(.unexpectedReply, "XINFO GROUPS \(item.name.text) returned what cannot be read.")
      }
      var words = RESPWords("XGROUP", "CREATE")
      words.add(key)
      words.add(copyOf: name)
      words.add(position)
      if let read = group.value("entries-read")?.integer {
        words.add("ENTRIESREAD")
        words.add(read)
      }
      writes.add(words)
    }
  }

  /// A group that exists only until its stream does.
  private static let passing = "handover-restore"

  private mutating func flush() throws(RedisError) {
    if writes.isEmpty { return }
    defer { writes = Commands() }
    for reply in try target.exchange(writes) { try reply.get() }
  }
}

extension Commands {
  /// Adds a command about a key whose name can be any bytes.
  fileprivate mutating func add(_ command: String..., of key: RESPWords, _ rest: String...) {
    add(RESPWords(command, of: key, rest))
  }
}

extension RESPWords {
  fileprivate init(_ command: [String], of key: RESPWords, _ rest: [String]) {
    self.init(command)
    add(key)
    for word in rest { add(word) }
  }

  fileprivate mutating func add(copyOf reply: Reply) {
    if reply.withBytes({ add($0) }) == nil { add(reply.integer ?? 0) }
  }
}

extension RedisConnection {
  fileprivate func single(
    _ command: String..., of key: RESPWords, _ rest: String...
  ) throws(RedisError) -> Reply {
    try call(RESPWords(command, of: key, rest))
  }
}
