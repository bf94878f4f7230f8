import Redis

/// How much of a stream is kept once all its readers have read it.
///
/// An entry is trimmed if all cursors are past it and it is either older than `age` or not among the newest
/// `entries`. Unread entries are never trimmed, however old they are.
public struct Retention: Sendable {
  public var entries = 100_000
  public var age: Duration = .seconds(7 * 86_400)
  /// How many dead letters are kept per slot, and for how long.
  public var deadLetters = 10_000
  public var deadLetterAge: Duration = .seconds(90 * 86_400)
  /// How often a lane's owner trims its streams.
  public var interval: Duration = .seconds(5)

  public init() {}

  /// Trims the dead letters of one slot.
  ///
  /// `KEYS[1]` is their stream; `ARGV`: how many to keep, their maximum age in ms. Returns how many there are
  /// now, and how many were removed.
  static let deadLetters = Script(
    """
    local time=redis.call('TIME')
    local oldest=string.format('%.0f-0',math.max(time[1]*1000+math.floor(time[2]/1000)-ARGV[2],0))
    local gone=redis.call('XTRIM',KEYS[1],'MINID',oldest)+redis.call('XTRIM',KEYS[1],'MAXLEN',ARGV[1])
    return {redis.call('XLEN',KEYS[1]),gone}
    """)

  /// Trims one stream up to the current cursors of all its readers.
  ///
  /// `KEYS`: the stream, then the cursor hashes; `ARGV`: how many entries to keep, their age in ms. A reader
  /// without a cursor has read nothing yet, so nothing is trimmed. Returns how many entries were removed.
  static let script = Script(
    """
    local info=redis.pcall('XINFO','STREAM',KEYS[1])
    if info.err then return 0 end
    local added=0
    for i=1,#info,2 do if info[i]=='entries-added' then added=info[i+1] end end
    local lowest,lowestms,lowestseq,lag=nil,0,0,0
    for k=2,#KEYS do
      local cursor=redis.call('HGET',KEYS[k],KEYS[1])
      if not cursor then return 0 end
      local id,read=string.match(cursor,'^(%d+%-%d+) (%d+)$')
      local ms,seq=string.match(id,'^(%d+)%-(%d+)$')
      ms,seq=tonumber(ms),tonumber(seq)
      if not lowest or ms<lowestms or (ms==lowestms and seq<lowestseq) then
        lowest,lowestms,lowestseq=id,ms,seq
      end
      lag=math.max(lag,added-tonumber(read))
    end
    local time=redis.call('TIME')
    local oldest=time[1]*1000+math.floor(time[2]/1000)-ARGV[2]
    local bound=lowest
    if oldest<lowestms then bound=string.format('%.0f-0',math.max(oldest,0)) end
    local gone=redis.call('XTRIM',KEYS[1],'MINID','~',bound)
    if lag<tonumber(ARGV[1]) then gone=gone+redis.call('XTRIM',KEYS[1],'MAXLEN','~',ARGV[1]) end
    return gone
    """)
}

/// A stream that the owner of a lane trims, and the cursors of all its readers.
public struct RetainedStream: Sendable {
  public let key: String
  public let cursors: [String]

  public init(_ key: String, readBy lanes: [LaneName]) {
    self.key = key
    cursors = lanes.map(\.cursor)
  }
}
