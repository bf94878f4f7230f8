import Keys
import Market

/// How many notices are kept per user, and for how long.
package enum NoticeKeeping {
  /// How many of the newest notices remain when there are too many.
  package static let limit = 1000
  /// How many more there can be before the oldest are removed: finding those reads all names.
  static let slack = 250
  /// The shortest time for which a notice is kept, in milliseconds: 90 days.
  package static let lifetime = 90 * 86_400_000
  /// How often a lane checks a user's notices, in milliseconds, unless it writes many.
  static let interval = 3_600_000
  /// The time to live of a user's notices, in milliseconds. It is renewed once a day.
  static let expiry = lifetime + interval + 86_400_000

  /// Returns whether to remove old notices: there are too many, or the last removal was a day ago.
  static func isDue(count: Int, timeToLive: Int) -> Bool {
    count > limit + slack || timeToLive < lifetime + interval
  }

  /// Returns the notices of a user to remove: all but the newest, and those older than the lifetime.
  ///
  /// Notices that are written meanwhile are newer, so trimming by a stale list is safe.
  static func surplus(of names: [String], now: UInt64) -> [String] {
    let oldest = EntryID(milliseconds: now - min(now, UInt64(lifetime)), sequence: 0)
    let newestFirst = names.compactMap { name in NoticeID(own: name, of: "").map { (id: $0, name: name) } }
      .sorted { $0.id > $1.id }
    let kept = newestFirst.prefix(limit).prefix { $0.id.position >= oldest }
    return newestFirst.dropFirst(kept.count).map(\.name)
  }
}

/// The users whose notices a lane has checked lately: a check with every batch would triple the commands.
struct NoticeLooks {
  private struct Look {
    let time: UInt64
    var written = 0
  }

  /// The most users to remember. Beyond that, all are forgotten.
  private static let most = 10_000
  private var looks: [[UInt8]: Look] = [:]

  /// Returns whether to check the user's notices now, with `count` more written.
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
