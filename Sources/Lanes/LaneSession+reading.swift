import Market
import Redis

extension LaneSession {
  /// Reads all streams that have nothing buffered, in one round. Blocks only if no lane has work left.
  func read() throws(RedisError) {
    let (lanes, wait) = try lanesToRead()
    let read = StreamRead(
      of: lanes, limit: runner.options.batch, wait: wait, together: server.node == nil)
    if read.commands.isEmpty { return }
    if isReadingBySize { return try readBySize(read.inputs) }
    let replies = try connection.exchange(read.commands, limit: read.byteLimit)
    if replies.contains(where: { $0.error != nil }) {
      try findRefused(read.inputs)
    } else {
      try read.fill(replies)
    }
  }

  /// Returns the lanes to read now, and how long that can wait for entries; nil if it cannot.
  private func lanesToRead() throws(RedisError) -> (lanes: [Lane], wait: Duration?) {
    let ready = ready
    guard server.node != nil, !isReadingBySize else {
      return (ready, ready.contains(where: \.hasBuffered) ? nil : untilHeartbeat)
    }
    // After it has found something, a lane is read once more, together with others: where entries keep coming,
    // that finds more of them than a read that ends with the first one.
    for lane in ready where lane.isIdle && lane.isQuiet && !lane.isBlocked { try beginBlockedRead(of: lane) }
    let found = try takeBlockedReads(within: ready.allSatisfy(\.isBlocked) ? untilHeartbeat : .zero)
    return (ready.filter { !$0.isBlocked && !found.contains($0.name) && isRunning($0) }, nil)
  }

  /// Finds the lanes whose streams made Redis refuse a read of all lanes: asks for each stream alone.
  private func findRefused(_ wanted: [StreamRead.Input]) throws(RedisError) {
    var commands = Commands()
    for item in wanted { commands.add("XRANGE", item.stream, "+", "+", "COUNT", "1") }
    for (item, reply) in zip(wanted, try connection.exchange(commands)) {
      guard let error = reply.error, isRunning(item.lane) else { continue }
      try fail(item.lane, because: RedisError(error.code, "\(item.stream): \(error.message)"))
    }
  }

  func isRunning(_ lane: Lane) -> Bool { table.running.contains { $0 === lane } }

  /// Reads stream after stream, each up to a bounded number of bytes, and only the beginning of larger
  /// entries.
  ///
  /// This is much slower than one read of all, so it ends as soon as nothing is left to read.
  private func readBySize(_ wanted: [StreamRead.Input]) throws(RedisError) {
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
          found.append(try StreamRead.decode(reply[0], stream: item.place))
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
