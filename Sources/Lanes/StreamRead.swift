import Market
import Redis

/// One read for some lanes: of all their streams that have nothing buffered.
struct StreamRead {
  /// A stream to read.
  struct Input {
    let lane: Lane
    let place: Int
    let stream: String
    let reading: LaneInput.Reading
  }

  let lanes: [Lane]
  let inputs: [Input]
  /// The ranges between the lanes' own entries, one command each, then the tails. Empty if all streams have
  /// something buffered.
  private(set) var commands = Commands()
  /// Whether Redis waits for entries if there are none.
  private(set) var isBlocking = false
  private let limit: Int

  /// The maximum number of bytes in its replies.
  var byteLimit: Int { LaneOptions.readBytes(streams: inputs.count) }

  /// - Parameters:
  ///   - limit: how many entries to read of each stream.
  ///   - wait: how long to wait if there are none; nil returns at once.
  ///   - together: whether one command reads the tails of all lanes. On a cluster, one command can read only one
  ///     slot, so that each lane needs its own.
  init(of lanes: [Lane], limit: Int, wait: Duration? = nil, together: Bool) {
    self.lanes = lanes
    self.limit = limit
    var inputs: [Input] = []
    for lane in lanes {
      for place in lane.inputs.indices {
        lane.inputs[place].beginRead()
        guard lane.inputs[place].wantsRead else { continue }
        let input = lane.inputs[place]
        inputs.append(Input(lane: lane, place: place, stream: input.stream, reading: input.reading))
      }
    }
    self.inputs = inputs
    for input in inputs {
      for (start, end) in input.reading.stretches {
        commands.add("XRANGE", input.stream, "(\(start)", "(\(end)", "COUNT", "\(limit)")
      }
    }
    let tails = inputs.filter { $0.reading.tail != nil }
    // What was left out between own entries has to be read first, so it cannot wait for more.
    let wait = commands.isEmpty ? wait : nil
    isBlocking = wait != nil && !tails.isEmpty
    if together {
      add(tails[...], wait)
    } else {
      var rest = tails[...]
      while let first = rest.first {
        let own = rest.prefix { $0.lane === first.lane }
        add(own, wait)
        rest = rest.dropFirst(own.count)
      }
    }
  }

  /// Adds a command for tails.
  private mutating func add(_ tails: ArraySlice<Input>, _ wait: Duration?) {
    if tails.isEmpty { return }
    var words = RESPWords("XREAD", "COUNT")
    words.add(limit)
    if let wait {
      words.add("BLOCK")
      words.add(max(1, wait.milliseconds))
    }
    words.add("STREAMS")
    for input in tails { words.add(input.stream) }
    for input in tails { words.add("\(input.reading.tail ?? .zero)") }
    commands.add(words)
  }

  /// Gives the lanes what was found.
  func fill(_ replies: [Reply]) throws(RedisError) {
    let between = inputs.reduce(0) { $0 + $1.reading.stretches.count }
    var stretches = replies.prefix(between)
    var tails: [String: Reply] = [:]
    for stream in replies.dropFirst(between).lazy.flatMap(Array.init) {
      guard let key = stream[0]?.string, let entries = stream[1] else { throw Self.unexpected }
      tails[key] = entries
    }
    for lane in lanes { lane.isQuiet = true }
    for input in inputs {
      var found: [[Entry]] = []
      for _ in input.reading.stretches {
        found.append(try Self.decode(stretches.popFirst(), stream: input.place))
      }
      if input.reading.tail != nil {
        found.append(try Self.decode(tails.removeValue(forKey: input.stream), stream: input.place))
      }
      if found.contains(where: { !$0.isEmpty }) { input.lane.isQuiet = false }
      input.lane.inputs[input.place].fill(found, limit: limit)
    }
    guard tails.isEmpty else { throw Self.unexpected }
  }

  /// Decodes an array of entries; none if there is no reply.
  static func decode(_ entries: Reply?, stream: Int) throws(RedisError) -> [Entry] {
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

  private static var unexpected: RedisError {
    RedisError(.unexpectedReply, "XREAD returned a stream that was not asked for.")
  }
}
