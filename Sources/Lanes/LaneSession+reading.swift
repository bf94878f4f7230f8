import Market
import Redis

extension LaneSession {
  /// A stream that has nothing buffered.
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

  /// Reads all streams that have nothing buffered, in one round; waits only if no lane has work left.
  func read() throws(RedisError) {
    var wanted: [Wanted] = []
    for lane in ready {
      for place in lane.inputs.indices {
        lane.inputs[place].beginRead()
        if lane.inputs[place].wantsRead { wanted.append(Wanted(lane, place)) }
      }
    }
    guard !wanted.isEmpty else { return }
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
    var replies = try connection.exchange(commands)[...]
    var tails: [String: Reply] = [:]
    if let found = try replies.dropFirst(between).first?.get() {
      for stream in found {
        guard let key = stream[0]?.string, let entries = stream[1] else { throw Self.unexpected }
        tails[key] = entries
      }
    }
    for item in wanted {
      var found: [[Entry]] = []
      for _ in item.reading.stretches {
        found.append(try decode(replies.popFirst()?.get(), stream: item.place))
      }
      if item.reading.tail != nil {
        found.append(try decode(tails.removeValue(forKey: item.stream), stream: item.place))
      }
      item.lane.inputs[item.place].fill(found, limit: limit)
    }
    guard tails.isEmpty else { throw Self.unexpected }
  }

  private static var unexpected: RedisError {
    RedisError(.unexpectedReply, "XREAD answered with a stream that was not asked for.")
  }

  /// One command for what comes after all that the lanes know of; nil where that can wait.
  private func tails(of wanted: [Wanted], limit: Int, waits: Bool) -> Words? {
    let tails = wanted.compactMap { item in item.reading.tail.map { (stream: item.stream, position: $0) } }
    if tails.isEmpty { return nil }
    var words = Words("XREAD", "COUNT")
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
        throw RedisError(.unexpectedReply, "Redis answered with an entry that cannot be read.")
      }
      decoded.append(Entry(id: id, stream: stream, body: body))
    }
    return decoded
  }
}
