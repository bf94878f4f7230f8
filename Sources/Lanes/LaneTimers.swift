import Market
import Redis

/// A clock of a lane: what it has planned for later, and where it hears of what has come due.
///
/// Decisions know no clock. So the lane's commits write to a sorted set what is due when, and its owner appends
/// what has come due to a stream that the lane itself reads, as `type TimeCame timer <member>`. From there on it
/// is an entry like any other: in order, handled once, and there for whoever replays the stream.
public struct LaneTimers: Sendable {
  /// The sorted set. A member's score and the delay are when it is due, in milliseconds since 1970.
  public let key: String
  /// The stream to append to; one of those that the lane reads.
  public let stream: String
  /// How long after its score a member is due: the same for all, so that it can be set to another time later. Nil if
  /// none ever is.
  public let delay: Duration?
  /// Whether anything comes due at present.
  let isOn: @Sendable () -> Bool

  public init(
    key: String, stream: String, delay: Duration? = .zero, isOn: @escaping @Sendable () -> Bool = { true }
  ) {
    self.key = key
    self.stream = stream
    self.delay = delay
    self.isOn = isOn
  }

  /// How many timers one look appends at most. The lane has read them before the next look, so that a system
  /// which was down for a day is not buried under what has come due meanwhile.
  static let mostAtOnce = 64
  /// How long a lane can go without a look, if it knows of nothing that comes due sooner.
  static let longestRest = Duration.seconds(60)
  /// How long a full Redis is left alone before the next look.
  static let restWhenFull = Duration.seconds(1)

  /// What commits and looks write, and what a look reads.
  var writes: [LaneWrite] {
    [
      LaneWrite("ZADD", key, "0", "x", to: .zset), LaneWrite("ZREM", key, "x", to: .zset),
      LaneWrite("ZRANGE", key, "0", "0", to: .zset),
      LaneWrite("XADD", stream, "*", "type", "x", to: .stream),
    ]
  }

  /// Appends what is due by Redis's clock to the lane's stream, and removes it from the timers.
  ///
  /// `KEYS`: the lease, the timers, the stream; `ARGV`: the token, how many timers to append at most, how long after
  /// their scores they are due in ms. Returns how
  /// many were appended, the id of the last one (empty if there is none), and in how many ms the next one is due:
  /// negative if it is late, absent if there is none. Errors: `FENCED`: another owner has the lane.
  ///
  /// The first write needs memory, so a full Redis refuses it before anything has changed: timers are new work
  /// and wait. Each timer is removed right after it was appended, so none is lost if a later write fails. One
  /// that comes a second time is stale by then, because its due time is no longer that of the state.
  static let script = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED another owner has the lane') end
    local time=redis.call('TIME')
    local now=time[1]*1000+math.floor(time[2]/1000)-ARGV[3]
    local due=redis.call('ZRANGE',KEYS[2],'-inf',now,'BYSCORE','LIMIT',0,ARGV[2])
    local last=''
    for i=1,#due do
      last=redis.call('XADD',KEYS[3],'*','type','TimeCame','timer',due[i])
      redis.call('ZREM',KEYS[2],due[i])
    end
    local next=redis.call('ZRANGE',KEYS[2],0,0,'WITHSCORES')[2]
    return {#due,last,next and math.max(-now,math.min(next-now,\(longestRest.milliseconds)))}
    """)
}

/// When a lane looks at one of its clocks, by the owner's own.
struct TimerWatch {
  typealias Instant = ContinuousClock.Instant

  /// When to look next; the lane must have read up to `last` by then.
  private(set) var next: Instant
  /// When the earliest timer is due, or was; nil if there is none. Before the first look nobody knows, so it
  /// counts as due when the lane was opened.
  private var due: Instant?
  /// What the lane has to have read before the next look: what the last look appended. Before the first one,
  /// all that was there, as a lane that cannot go on is opened again with every heartbeat.
  private(set) var last: EntryID

  init(after last: EntryID, now: Instant = .now) {
    next = now
    due = now
    self.last = last
  }

  /// Returns how late the earliest timer is, in seconds.
  func lag(at now: Instant) -> Double { due.map { max(0, (now - $0).seconds) } ?? 0 }

  /// Records that timers were added, with scores that are about now or later: one of them can be the earliest.
  mutating func added(dueIn delay: Duration?, at now: Instant = .now) {
    if let delay { next = min(next, now + delay) }
  }

  mutating func rest(until next: Instant) { self.next = next }

  /// Records what a look has found.
  ///
  /// - Parameters:
  ///   - last: The last entry that it appended; nil if nothing was due.
  ///   - wait: How long until the next timer is due, in milliseconds; nil if there is none.
  mutating func looked(last: EntryID?, wait: Int?, at now: Instant = .now) {
    self.last = last ?? self.last
    due = wait.map { now + .milliseconds($0) }
    let latest = now + LaneTimers.longestRest
    // However late it is: what has waited at another clock meanwhile comes first.
    next = max(now, min(due ?? latest, latest))
  }
}
