import Market
import Redis

/// Reads large amounts in small steps, so that no other client waits long for Redis.
extension RedisLink {
  private static var page: Int { 1000 }

  /// Passes a stream's entries to `body` in pages, in order.
  package func readPages(
    of stream: String, from start: EntryID? = nil, through end: EntryID? = nil,
    _ body: ([StreamEntry]) throws(RedisError) -> Void
  ) throws(RedisError) {
    var start = start.map { "\($0)" } ?? "-"
    let last = end.map { "\($0)" } ?? "+"
    while true {
      let reply = try ask("XRANGE", stream, start, last, "COUNT", "\(Self.page)")
      var entries: [StreamEntry] = []
      entries.reserveCapacity(reply.count)
      for entry in reply {
        guard let entry = StreamEntry(entry) else {
          throw RedisError(.unexpectedReply, "XRANGE \(stream) returned an entry that cannot be read.")
        }
        entries.append(entry)
      }
      if !entries.isEmpty { try body(entries) }
      guard entries.count == Self.page, let last = entries.last else { return }
      start = "(\(last.id)"
    }
  }

  /// Returns all members of a sorted set and their scores.
  func members(of key: String) throws(RedisError) -> [(member: String, score: Int)] {
    var all: [(member: String, score: Int)] = []
    while true {
      let reply = try ask(
        "ZRANGE", key, "\(all.count)", "\(all.count + Self.page - 1)", "WITHSCORES")
      var parts = reply.makeIterator()
      while let member = parts.next()?.text, let score = parts.next()?.text {
        all.append((member, Double(score).flatMap { Int(exactly: $0) } ?? -1))
      }
      if reply.count < 2 * Self.page { return all }
    }
  }

  /// Passes the names of all keys, of every master, to `body` in pages; a name can occur twice.
  func scanPages(_ body: ([String]) throws(RedisError) -> Void) throws(RedisError) {
    // How far each master was read; nil once it has no more.
    var cursors: [RedisNode?: String?] = [:]
    while true {
      // One page of each, and then the questions about their keys, which can belong to any of them.
      let pages = try eachMaster { (node, connection) throws(RedisError) -> [String]? in
        guard let cursor = cursors[node, default: "0"] else { return nil }
        let reply = try connection.call("SCAN", cursor, "COUNT", "\(Self.page)")
        guard let next = reply[0]?.string, let keys = reply[1] else {
          throw RedisError(.unexpectedReply, "SCAN returned no cursor.")
        }
        cursors[node] = .some(next == "0" ? nil : next)
        return keys.compactMap(\.text)
      }.compactMap(\.self)
      if pages.isEmpty { return }
      for page in pages { try body(page) }
    }
  }

  /// Passes the member names of many keys to `body` in pages, each with its key; a name can occur twice.
  ///
  /// - Parameter command: `HSCAN` for hashes, `ZSCAN` for sorted sets.
  func scanPages(
    by command: String, of keys: [String],
    _ body: ([(key: String, name: String)]) throws(RedisError) -> Void
  ) throws(RedisError) {
    // A key can be large, so only a few are read at a time.
    let together = 20
    var open = keys.map { (key: $0, cursor: "0") }
    while !open.isEmpty {
      var unfinished: [(key: String, cursor: String)] = []
      var page: [(key: String, name: String)] = []
      try askEach(open.prefix(together)) {
        RESPWords(command, $0.key, $0.cursor, "COUNT", "\(Self.page)")
      } _: { (item, reply) throws(RedisError) in
        if reply.isNull { return }
        guard let next = try reply.get()[0]?.string, let members = reply[1] else {
          throw RedisError(.unexpectedReply, "\(command) \(item.key) returned no cursor.")
        }
        page += Fields(shown: members).map { (item.key, $0.name) }
        if next != "0" { unfinished.append((item.key, next)) }
      }
      try body(page)
      open = unfinished + open.dropFirst(together)
    }
  }

  /// Sends a command for each item, in pipelines of a page, and passes every reply to `body` with its item.
  ///
  /// Error replies are passed on too: only the caller knows what they mean. The reply for a key of the wrong
  /// type, which is reported separately, becomes null.
  func askEach<Item>(
    _ items: some Collection<Item>, _ words: (Item) -> RESPWords,
    _ body: (Item, Reply) throws(RedisError) -> Void
  ) throws(RedisError) {
    var rest = items[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.page)
      rest = rest.dropFirst(Self.page)
      var commands = Commands()
      for item in page { commands.add(words(item)) }
      for (item, reply) in zip(page, try exchange(commands)) { try body(item, reply.ofRightType) }
    }
  }
}

extension RedisLink {
  /// Returns the time of the server that has a key, in milliseconds since 1970: the ids of its entries are of that
  /// clock.
  func time(at key: String) throws(RedisError) -> UInt64 {
    let reply = try on(key) { (connection) throws(RedisError) in try connection.call("TIME") }
    return reply[0]?.integer.map { UInt64($0) * 1000 } ?? 0
  }

  /// Sends one command and returns its reply; null if the key has the wrong type.
  func ask(_ words: String...) throws(RedisError) -> Reply {
    return try (try exchange(Commands(RESPWords(words))).first ?? .null).ofRightType.get()
  }
}

extension Reply {
  /// The reply, or null if the key has the wrong type for the command.
  var ofRightType: Reply { error?.code == .refused(kind: .wrongType) ? .null : self }
}
