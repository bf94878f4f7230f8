import Market
import Redis

extension LaneSession {
  /// A stream that has nothing buffered.
  private struct Wanted {
    let lane: Lane
    let place: Int
    var input: LaneInput { lane.inputs[place] }
  }

  /// Reads all streams that have nothing buffered, in one round; waits only if no lane has work left.
  func read() throws(RedisError) {
    var wanted: [Wanted] = []
    for lane in ready {
      for place in lane.inputs.indices {
        lane.inputs[place].beginRead()
        if lane.inputs[place].wantsRead { wanted.append(Wanted(lane: lane, place: place)) }
      }
    }
    guard !wanted.isEmpty else { return }
    let limit = runner.options.batch
    var commands = Commands()
    for item in wanted {
      for (start, end) in item.input.stretchesBeforeOwn {
        commands.add("XRANGE", item.input.stream, "(\(start)", "(\(end)", "COUNT", "\(limit)")
      }
    }
    let waits = commands.isEmpty && !ready.contains(where: \.hasBuffered)
    commands.add(tails(of: wanted, limit: limit, waits: waits))
    var replies = try connection.exchange(commands)[...]
    var tails: [String: Reply] = [:]
    if let found = try replies.popLast()?.get() {
      for stream in found {
        if let key = stream[0]?.string { tails[key] = stream[1] }
      }
    }
    for item in wanted {
      var stretches: [[Entry]] = []
      for _ in item.input.stretchesBeforeOwn {
        stretches.append(try decode(replies.popFirst()?.get(), stream: item.place))
      }
      stretches.append(try decode(tails[item.input.stream], stream: item.place))
      item.lane.inputs[item.place].fill(stretches, limit: limit)
    }
  }

  /// One command for what comes after all that the lanes know of.
  private func tails(of wanted: [Wanted], limit: Int, waits: Bool) -> Words {
    var words = Words("XREAD", "COUNT")
    words.add(limit)
    if waits {
      words.add("BLOCK")
      words.add(max(1, untilHeartbeat.milliseconds))
    }
    words.add("STREAMS")
    for item in wanted { words.add(item.input.stream) }
    for item in wanted { words.add("\(item.input.tail)") }
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
