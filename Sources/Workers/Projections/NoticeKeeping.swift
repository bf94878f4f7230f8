import Keys
import Market

/// How many notices a user keeps, and for how long.
enum NoticeKeeping {
  /// The newest that stay when there are too many.
  static let limit = 1000
  /// How many more there may be before the oldest go: looking for them takes all names.
  static let slack = 100
  /// How long a notice is kept at least, in milliseconds: 90 days.
  static let lifetime = 90 * 86_400_000
  /// How long a lane need not look at a user's notices again, in milliseconds, unless it writes many.
  static let interval = 3_600_000
  /// The time to live that a user's notices are given, in milliseconds: it is renewed once a day.
  static let expiry = lifetime + interval + 86_400_000

  /// Whether it is time to let old ones go: there are too many, or it was not looked for a day.
  static func isDue(count: Int, timeToLive: Int) -> Bool {
    count > limit + slack || timeToLive < lifetime + interval
  }

  /// Those of a user's notices that go: all but the newest, and what is older than the lifetime.
  ///
  /// Whatever is written meanwhile is newer, so what goes by an older look goes rightly.
  static func surplus(of names: [String], now: UInt64) -> [String] {
    let oldest = EntryID(milliseconds: now - min(now, UInt64(lifetime)), sequence: 0)
    let newestFirst = names.compactMap { NoticeID(own: $0, of: "") }.sorted(by: >)
    let kept = newestFirst.prefix(limit).prefix { $0.position >= oldest }
    return newestFirst.dropFirst(kept.count).map(\.own)
  }
}

/// Whose notices a lane has looked at lately: to ask of every user at every batch would be two commands of three.
struct NoticeLooks {
  private struct Look {
    let time: UInt64
    var written = 0
  }

  /// When it has looked at more users it forgets them all.
  private static let most = 10_000
  private var looks: [[UInt8]: Look] = [:]

  /// Whether to look at the user's notices now that so many are written.
  mutating func isDue(_ userid: String, writing count: Int, at now: UInt64) -> Bool {
    let name = Array(userid.utf8)
    if var look = looks[name], now < look.time || now - look.time < UInt64(NoticeKeeping.interval) {
      look.written += count
      if look.written < NoticeKeeping.slack / 2 {
        looks[name] = look
        return false
      }
    }
    if looks.count >= Self.most { looks = [:] }
    looks[name] = Look(time: now)
    return true
  }
}
