import Market
import Redis

extension LaneSession {
  /// A stream to read, because nothing of it is buffered.
  private struct Wanted {
    let lane: Lane
    let place: Int
    let stream: String
    let reading: LaneInput.Reading

    init(_ lane: Lane, _ place: Int) {
      self.lane = lane
      self.place = place
      stream = lane.inputs[place].stream
      reading = lane.inputs[place].reading
    }
  }

  /// Reads all streams that have nothing buffered, in one round. Blocks only if no lane has work left.
  func read() throws(RedisError) {
    var wanted: [Wanted] = []
    for lane in ready {
      for place in lane.inputs.indices {
        lane.inputs[place].beginRead()
        if lane.inputs[place].wantsRead { wanted.append(Wanted(lane, place)) }
      }
    }
    guard !wanted.isEmpty else { return }
    if isReadingBySize { try readBySize(wanted) } else { try readTogether(wanted) }
  }

  private func readTogether(_ wanted: [Wanted]) throws(RedisError) {
    let limit = runner.options.batch
    var commands = Commands()
    for item in wanted {
      for (start, end) in item.reading.stretches {
        commands.add("XRANGE", item.stream, "(\(start)", "(\(end)", "COUNT", "\(limit)")
      }
    }
    let waits = commands.isEmpty && !ready.contains(where: \.hasBuffered)
    let between = commands.count
    if let words = tails(of: wanted, limit: limit, waits: waits) { commands.add(words) }
    var replies = try connection.exchange(commands, limit: LaneOptions.readBytes(streams: wanted.count))[...]
    guard !replies.contains(where: { $0.error != nil }) else { return try findRefused(wanted) }
    var tails: [String: Reply] = [:]
    for stream in replies.dropFirst(between).first.map(Array.init) ?? [] {
      guard let key = stream[0]?.string, let entries = stream[1] else { throw Self.unexpected }
      tails[key] = entries
    }
    for item in wanted {
      var found: [[Entry]] = []
      for _ in item.reading.stretches {
        found.append(try decode(replies.popFirst(), stream: item.place))
      }
      if item.reading.tail != nil {
        found.append(try decode(tails.removeValue(forKey: item.stream), stream: item.place))
      }
      item.lane.inputs[item.place].fill(found, limit: limit)
    }
    guard tails.isEmpty else { throw Self.unexpected }
  }

  /// Finds the lanes whose streams made Redis refuse a read of all lanes: asks for each stream alone.
  private func findRefused(_ wanted: [Wanted]) throws(RedisError) {
    var commands = Commands()
    for item in wanted { commands.add("XRANGE", item.stream, "+", "+", "COUNT", "1") }
    for (item, reply) in zip(wanted, try connection.exchange(commands)) {
      guard let error = reply.error, isRunning(item.lane) else { continue }
      try fail(item.lane, because: RedisError(error.code, "\(item.stream): \(error.message)"))
    }
  }

  private func isRunning(_ lane: Lane) -> Bool { table.running.contains { $0 === lane } }

  private static var unexpected: RedisError {
    RedisError(.unexpectedReply, "XREAD returned a stream that was not asked for.")
  }

  /// Returns one command that reads the tails of all streams; nil if they can wait.
  private func tails(of wanted: [Wanted], limit: Int, waits: Bool) -> RESPWords? {
    let tails = wanted.compactMap { item in item.reading.tail.map { (stream: item.stream, position: $0) } }
    if tails.isEmpty { return nil }
    var words = RESPWords("XREAD", "COUNT")
    words.add(limit)
    if waits {
      words.add("BLOCK")
      words.add(max(1, untilHeartbeat.milliseconds))
    }
    words.add("STREAMS")
    for tail in tails { words.add(tail.stream) }
    for tail in tails { words.add("\(tail.position)") }
    return words
  }

  private func decode(_ entries: Reply?, stream: Int) throws(RedisError) -> [Entry] {
    guard let entries else { return [] }
    var decoded: [Entry] = []
    decoded.reserveCapacity(entries.count)
    for entry in entries {
      var parts = entry.makeIterator()
      guard let id = parts.next()?.withBytes({ EntryID(utf8: $0) }) ?? nil, let body = parts.next() else {
        throw RedisError(.unexpectedReply, "Redis returned an entry that cannot be read.")
      }
      decoded.append(Entry(id: id, stream: stream, body: body, byteCount: parts.next()?.integer))
    }
    return decoded
  }

  /// Reads stream after stream, each up to a bounded number of bytes, and only the beginning of larger
  /// entries.
  ///
  /// This is much slower than one read of all, so it ends as soon as nothing is left to read.
  private func readBySize(_ wanted: [Wanted]) throws(RedisError) {
    let limit = runner.options.batch
    let room = LaneOptions.readBytes(streams: 1) / max(1, wanted.count)
    // Behind what a lane has buffered, there can be as much again.
    var isAll = !ready.contains(where: \.hasBuffered)
    for item in wanted where isRunning(item.lane) {
      do throws(RedisError) {
        var found: [[Entry]] = []
        var cut: Int?
        let tail = item.reading.tail.map { (after: $0, before: EntryID?.none) }
        let stretches = item.reading.stretches.map { (after: $0.after, before: Optional($0.before)) }
        for (place, stretch) in (stretches + (tail.map { [$0] } ?? [])).enumerated() where cut == nil {
          let reply = try connection.evaluate(
            SizedRead.script, keys: [item.stream], "(\(stretch.after)",
            stretch.before.map { "(\($0)" } ?? "+", "\(limit)", "\(room)", "\(Entry.byteLimit)",
            "\(DeadLetterEntry.longest)")
          found.append(try decode(reply[0], stream: item.place))
          if reply[1]?.integer == 1 { cut = place }
          if found.last?.isEmpty == false { isAll = false }
        }
        item.lane.inputs[item.place].fill(found, limit: limit, cut: cut)
      } catch {
        try fail(item.lane, because: error)
      }
    }
    if isAll { isReadingBySize = false }
  }
}

/// A read with a limit in bytes.
private enum SizedRead {
  private static let looked = 32 << 20

  /// `KEYS[1]` is the stream; `ARGV`: start, end, count, maximum bytes of all entries, maximum bytes of a
  /// whole entry, and how many bytes to keep of a larger one. Returns the entries, each with its size in
  /// bytes, and 1 if there can be more. One call makes Redis examine at most `looked` bytes, plus one entry.
  static let script = Script(
    """
    local start,finish,count=ARGV[1],ARGV[2],tonumber(ARGV[3])
    local room,largest,kept=tonumber(ARGV[4]),tonumber(ARGV[5]),tonumber(ARGV[6])
    local found,used,looked={},0,0
    for i=1,count do
      local entry=redis.call('XRANGE',KEYS[1],start,finish,'COUNT',1)[1]
      if not entry then return {found,0} end
      local parts,size=entry[2],0
      for j=1,#parts do size=size+#parts[j] end
      if size>largest then
        local short,left={},kept
        for j=1,#parts,2 do
          if left<=0 then break end
          short[j]=string.sub(parts[j],1,left)
          short[j+1]=string.sub(parts[j+1],1,left)
          left=left-#short[j]-#short[j+1]
        end
        parts=short
      end
      local taken=size>largest and kept or size
      if i>1 and (used+taken>room or looked+size>\(looked)) then return {found,1} end
      used,looked=used+taken,looked+size
      found[i]={entry[1],parts,size}
      start='('..entry[1]
    end
    return {found,1}
    """)
}
