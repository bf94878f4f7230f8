import Foundation

extension TimeZone {
  /// Returns the time in UTC of a local time, both in milliseconds since 1970.
  ///
  /// Where clocks are changed, some local times do not exist and others exist twice. Both are read by the clock that
  /// ran before the change: of two, the earlier one is meant, and 02:30 on the day on which 02:00 becomes 03:00 is
  /// half an hour after the change.
  func utc(local: Int) -> Int {
    let day = 86_400_000
    let before = local - offset(at: local - day)
    if before + offset(at: before) == local { return before }
    let after = local - offset(at: local + day)
    return after + offset(at: after) == local ? after : before
  }

  /// How far local clocks are ahead of UTC, in milliseconds.
  private func offset(at utc: Int) -> Int {
    secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc) / 1000)) * 1000
  }
}
