import Lanes
import Redis

/// What the masters used of their memory, hour by hour, for two weeks.
///
/// It is a hash with a place for each of these hours, so it cannot grow, and a clock that went astray spoils only some of
/// them. A place has the hour, counted since 1970, and then each master with what it used and its limit:
/// `498712 10.0.0.1:6379 1048576 4194304 …`.
public struct MemoryHistory: Sendable {
  /// How many hours are kept.
  public static let hours = 14 * 24

  /// One hour.
  public struct Sample: Equatable, Sendable {
    /// Hours since 1970.
    public let hour: Int
    public let masters: [MasterMemory]

    public init(hour: Int, masters: [MasterMemory]) { (self.hour, self.masters) = (hour, masters) }
  }

  /// The oldest first.
  public let samples: [Sample]

  /// `KEYS[1]` is the history; `ARGV[1]` how many hours are kept, `ARGV[2]` the masters.
  private static let note = Script(
    """
    local hour=string.format('%d',math.floor(redis.call('TIME')[1]/3600))
    local place=hour%ARGV[1]
    local kept=redis.call('HGET',KEYS[1],place)
    if kept and string.sub(kept,1,#hour+1)==hour..' ' then return 0 end
    redis.call('HSET',KEYS[1],place,hour..' '..ARGV[2])
    return 1
    """)

  /// Notes what the masters use, unless somebody has done so in this hour of Redis' clock.
  public static func note(_ masters: [MasterMemory], on link: any RedisLink) throws(RedisError) {
    guard !masters.isEmpty else { return }
    let text = masters.map { "\($0.master) \($0.used) \($0.limit)" }.joined(separator: " ")
    _ = try link.evaluate(note, keys: [Key.memory], "\(hours)", text)
  }

  /// Appends the questions whose replies `init` reads.
  public static func ask(_ commands: inout Commands) {
    commands.add("TIME")
    commands.add("HGETALL", Key.memory)
  }

  /// Reads the replies to `ask`. Hours that have not come yet and those of an earlier round are left out.
  public init(_ replies: some Collection<Reply>) {
    let now = (replies.first?[0]?.integer ?? 0) / 3600
    let places = replies.dropFirst().first?.pairs ?? [:]
    samples = places.values.compactMap { Sample($0) }
      .filter { $0.hour <= now && $0.hour > now - Self.hours }.sorted { $0.hour < $1.hour }
  }

  public init(samples: [Sample]) { self.samples = samples }
}

extension MemoryHistory.Sample {
  /// Reads what a place has; nil if it is none.
  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard let hour = words.first.flatMap({ Int($0) }), words.count % 3 == 1 else { return nil }
    var masters: [MasterMemory] = []
    for place in stride(from: 1, to: words.count, by: 3) {
      guard let used = Int(words[place + 1]), let limit = Int(words[place + 2]) else { return nil }
      masters.append(MasterMemory(master: String(words[place]), used: used, limit: limit))
    }
    self.hour = hour
    self.masters = masters
  }
}
