import Keys
import Lanes
import Market
import Redis

/// Checks that the clock of a shard has exactly the timers that its states imply: what is missing would never happen.
struct TimerCheck {
  let shard: Shard
  private var implied: Set<Timer> = []

  init(_ shard: Shard) { self.shard = shard }

  mutating func take(_ trade: ProductTrade) { implied.formUnion(trade.timers) }

  /// Compares the clock with all states that were taken.
  ///
  /// - Parameter position: The last entry of the journal.
  func finish(
    at position: EntryID, on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    let key = Key.timers(of: shard)
    var missing = implied
    func mend(_ timer: Timer, due: Moment?) {
      findings.add(.timer(clock: key, member: timer.member, due: due, shard: shard, position: position))
    }
    for (member, score) in try connection.members(of: key) {
      guard let timer = Timer(member: member) else {
        // Perhaps a newer release knows it.
        findings.addWhenIdle(.timer, key, "\(shown(member)) names no timer.")
        continue
      }
      if missing.remove(timer) == nil {
        findings.addWhenIdle(.timer, key, "\(member) is set, but nothing is due then.")
        mend(timer, due: nil)
      } else if UInt64(exactly: score) != timer.due.milliseconds {
        findings.addWhenIdle(.timer, key, "\(member) has the score \(score), which is another time.")
        mend(timer, due: timer.due)
      }
    }
    for timer in missing {
      findings.addWhenIdle(
        .timer, key, "\(timer.member) is missing: what is due at \(timer.due) would not happen.")
      mend(timer, due: timer.due)
    }
  }
}
