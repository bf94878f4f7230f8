import Market
import Redis

/// The state of a stream without its entries: `XINFO STREAM` would also return the first and the last one,
/// however large they are.
struct StreamState {
  /// How many entries it ever had.
  let added: Int
  /// The last id that was assigned to an entry.
  let newest: EntryID
  /// The first entry after a position; nil if there is none.
  let next: EntryID?
  /// How many entries there are after the position; nil if there are `limit` or more.
  let unread: Int?

  /// The maximum number of unread entries to count.
  private static let limit = 64

  /// `KEYS`: streams; `ARGV`: a position on each. Returns Redis's time, then for each stream: the number of
  /// entries added, the last id, the id of the first entry after the position (empty if there is none), and
  /// how many entries there are after it, at most `limit`. For a key that is not a stream, an empty array.
  static let script = Script(
    """
    local time=redis.call('TIME')
    local states={time[1]*1000+math.floor(time[2]/1000)}
    for i=1,#KEYS do
      local info=redis.pcall('XINFO','STREAM',KEYS[i])
      local state={}
      if not info.err then
        local facts={}
        for j=1,#info,2 do facts[info[j]]=info[j+1] end
        -- Behind the last possible id there is nothing, and Redis would refuse to look.
        local after=redis.pcall('XRANGE',KEYS[i],'('..ARGV[i],'+','COUNT',\(limit))
        state={facts['entries-added'],facts['last-generated-id'],after[1] and after[1][1] or '',#after}
      end
      states[i+1]=state
    end
    return states
    """)

  /// Decodes one state of the script's reply; nil if the key is not a stream.
  init?(_ reply: Reply) {
    guard let added = reply[0]?.integer, let newest = reply[1]?.string.flatMap({ EntryID($0) }) else {
      return nil
    }
    self.added = added
    self.newest = newest
    next = reply[2]?.string.flatMap { EntryID($0) }
    unread = reply[3]?.integer.flatMap { $0 < Self.limit ? $0 : nil }
  }
}
