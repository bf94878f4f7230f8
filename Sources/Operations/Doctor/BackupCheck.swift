import Foundation
import Keys
import Market
import Redis
import Workers

/// Checks when the last backup was made, and when one was last found to be good.
struct BackupCheck {
  /// A night, and half of the next day for whoever looks.
  private static let age = 36 * 3600.0

  private let at, checkedAt, place: String?
  /// By Redis' clock.
  private let now: Date

  init(on link: any RedisLink) throws(RedisError) {
    let found = try link.call("HMGET", Key.lastBackup, "at", "to", "checkedAt")
    (at, place, checkedAt) = (found[0]?.string, found[1]?.string, found[2]?.string)
    let time = try link.call("TIME")
    now = Date(timeIntervalSince1970: Double(time[0]?.integer ?? 0))
  }

  var findings: [Finding] {
    guard let at else {
      return [
        Finding(
          .warning, "backup", "No backup is known.",
          remedy: "Make one every night: handover backup --to FOLDER.")
      ]
    }
    let what = "The last backup is of \(at.printable)\(place.map { ", in \($0.printable)" } ?? "")."
    var findings: [Finding] = []
    if isOld(at) {
      findings.append(Finding(.warning, "backup", what, remedy: "Look why none was made last night."))
    }
    if let checkedAt, isOld(checkedAt) {
      findings.append(
        Finding(
          .warning, "backup", "A backup was last found to be good on \(checkedAt.printable).",
          remedy: "Check the last one: handover backup check FOLDER."))
    } else if checkedAt == nil {
      findings.append(
        Finding(
          .warning, "backup", "No backup was ever tried.",
          remedy: "Check the last one: handover backup check FOLDER."))
    }
    return findings.isEmpty ? [Finding(.ok, "backup", what)] : findings
  }

  /// Whether a time is too long ago, or cannot be read.
  private func isOld(_ time: String) -> Bool {
    let styles = [Date.ISO8601FormatStyle(), .init(includingFractionalSeconds: true)]
    let date = styles.lazy.compactMap { try? $0.parse(time) }.first
    return date.map { now.timeIntervalSince($0) > Self.age } ?? true
  }
}
