import Logging
import Market
import Redis

/// Measures how far the held lanes are behind, and detects entries that were removed unread.
extension LaneSession {
  func measure() throws(RedisError) {
    guard table.beginsMeasurement(at: .now) else { return }
    try forEach(table.running) { (lane) throws(RedisError) in
      try stateQuestion(of: lane.inputs.map { ($0.stream, $0.position) })
    } _: { (lane, reply) throws(RedisError) in
      try measure(lane, reply.get())
    }
  }

  /// - Parameter states: What Redis said about the lane's streams.
  private func measure(_ lane: Lane, _ states: Reply) throws(RedisError) {
    let time = states[0]?.integer ?? 0
    var (entries, oldest) = (0, time)
    for (place, state) in states.dropFirst().map({ StreamState($0) }).enumerated() {
      guard let state else { continue }
      let input = lane.inputs[place]
      if let trouble = LaneTrouble(
        in: state, of: input.stream, at: input.position, read: input.entriesRead,
        cursor: lane.name.cursor)
      {
        guard lane.spec.isInlet else { return stand(lane, because: trouble) }
        guard input.wantsRead else { continue }
        tell(of: trouble, in: lane.spec)
        // A stream that restarted at a lower id is unread; otherwise all of its entries can have been read.
        let isUnread = state.newest < input.position || state.next != nil
        skip(lane, place, to: isUnread ? .zero : state.newest, read: isUnread ? 0 : state.added)
        continue
      }
      entries += state.added - input.entriesRead
      if input.wantsRead, let unread = state.unread {
        let removed = state.added - input.entriesRead - unread
        if removed > 0 { skip(removed, unread, lane, place, state) }
        if lane.spec.isInlet { try comeBack(lane, place, state, now: time) }
        entries -= removed
      }
      if let next = state.next { oldest = min(oldest, Int(clamping: next.milliseconds)) }
    }
    metrics.isBehind(lane.name, entries: entries, seconds: Double(max(0, time - oldest)) / 1000)
    let lags = zip(lane.spec.timers, lane.timers).map { $0.looks ? $1.lag(at: .now) : 0 }
    if let lag = lags.max() { metrics.timersAreLate(lane.name, seconds: lag) }
  }

  /// Reports entries that were removed before anybody read them, and counts them as read.
  private func skip(_ removed: Int, _ unread: Int, _ lane: Lane, _ place: Int, _ state: StreamState) {
    metrics.removed(removed)
    note { $0.removed += removed }
    let input = lane.inputs[place]
    runner.logger.error(
      "entries were removed before they were read",
      metadata: ["lane": "\(lane.name)", "stream": "\(input.stream)", "entries": "\(removed)"])
    skip(lane, place, to: unread == 0 ? state.newest : input.position, read: input.entriesRead + removed)
  }

  private func skip(_ lane: Lane, _ place: Int, to position: EntryID, read: Int) {
    endBlockedRead(of: lane.name)
    lane.inputs[place].skip(to: position, read: read)
  }

  /// Returns the state of each stream; nil for a key that is not a stream.
  func streamStates(_ streams: [(key: String, position: EntryID)]) throws(RedisError) -> [StreamState?] {
    try connection.call(stateQuestion(of: streams)).dropFirst().map { StreamState($0) }
  }

  private func stateQuestion(of streams: [(key: String, position: EntryID)]) throws(RedisError) -> RESPWords {
    var words = RESPWords("EVALSHA", try connection.digest(of: StreamState.script), "\(streams.count)")
    for stream in streams { words.add(stream.key) }
    for stream in streams { words.add("\(stream.position)") }
    return words
  }

  /// How far ahead of the clock an inlet's ids can be, in milliseconds: a day.
  private static let mostAhead = 86_400_000

  /// Resets an inlet to the present if its last id is days ahead of the clock.
  ///
  /// Somebody chose that id explicitly. All later entries get ids beyond it, and after the last possible id
  /// nothing could be appended. The inlet is emptied, which loses no unread entry: the few of them are
  /// appended again, with present ids.
  private func comeBack(_ lane: Lane, _ place: Int, _ state: StreamState, now: Int) throws(RedisError) {
    guard state.newest.milliseconds > UInt64(now + Self.mostAhead) else { return }
    let (name, stream) = (lane.name, lane.inputs[place].stream)
    let present = EntryID(milliseconds: UInt64(now), sequence: 0)
    let (position, read) = (lane.inputs[place].position, lane.inputs[place].entriesRead)
    let isBack = try connection.evaluate(
      Self.return, keys: [name.lease, stream, name.cursor], lane.token, "\(state.newest)", "\(present)",
      name.worker, "\(read)", "\(position)")
    guard isBack.integer == 1 else { return }
    skip(lane, place, to: present, read: read)
    metrics.cameBack()
    runner.logger.error(
      "an inlet's ids were days ahead of the clock: reset to the present, unread entries kept",
      metadata: ["lane": "\(name)", "stream": "\(stream)", "last": "\(state.newest)"])
  }

  /// `KEYS`: the lease, the stream, the cursors; `ARGV`: the token, the stream's last id, the id to continue
  /// from, the group, how many entries were read, and up to which one. Returns 1, or 0 if somebody appended
  /// in between.
  private static let `return` = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED another owner has the lane') end
    local info=redis.call('XINFO','STREAM',KEYS[2])
    for i=1,#info,2 do if info[i]=='last-generated-id' and info[i+1]~=ARGV[2] then return 0 end end
    local unread=redis.pcall('XRANGE',KEYS[2],'('..ARGV[6],'+')
    redis.call('XTRIM',KEYS[2],'MAXLEN',0)
    redis.call('XSETID',KEYS[2],ARGV[3],'ENTRIESADDED',ARGV[5],'MAXDELETEDID',ARGV[3])
    redis.call('XGROUP','SETID',KEYS[2],ARGV[4],ARGV[3],'ENTRIESREAD',ARGV[5])
    redis.call('HSET',KEYS[3],KEYS[2],ARGV[3]..' '..ARGV[5])
    for i=1,#unread do redis.call('XADD',KEYS[2],'*',unpack(unread[i][2],1,7000)) end
    return 1
    """)

  /// Reports that an inlet's stream was deleted and restarts.
  func tell(of trouble: LaneTrouble, in spec: LaneSpec) {
    metrics.cameBack()
    runner.logger.error(
      "an inlet was deleted and restarts: its unread entries are lost",
      metadata: ["lane": "\(spec.name)", "reason": "\(trouble.reason)"])
  }
}
