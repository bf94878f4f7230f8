import Keys
import Lanes
import Market
import Redis

/// Checks that the clocks of a shard have exactly the timers that its states imply: what is missing would never happen.
struct TimerCheck {
  let shard: Shard
  /// By the key of the clock.
  private var implied: [String: Set<Timer>]

  init(_ shard: Shard) {
    self.shard = shard
    let keys = [Key.timers(of: shard)] + [Entity.reserve, .trade].map { Key.ended($0, in: shard) }
    implied = Dictionary(uniqueKeysWithValues: keys.map { ($0, []) })
  }

  /// Takes a product. Its listing is among those that are taken by themselves.
  mutating func take(_ trade: ProductTrade) { add(trade.timers.filter { $0.kind != .ended }, of: .trade) }

  /// Takes a listing, the present one of its product or a former one.
  mutating func take(_ listing: Listing) { add(listing.timers.filter { $0.kind == .ended }, of: .trade) }

  mutating func take(_ reservation: Reservation) { add(reservation.timers, of: .reserve) }

  private mutating func add(_ timers: [Timer], of entity: Entity) {
    for timer in timers {
      let key = timer.kind == .ended ? Key.ended(entity, in: shard) : Key.timers(of: shard)
      implied[key, default: []].insert(timer)
    }
  }

  /// Compares the clocks with all states that were taken.
  ///
  /// - Parameter position: The last entry of the journal.
  func finish(
    at position: EntryID, on connection: any RedisLink, _ findings: inout Findings
  ) throws(RedisError) {
    for (key, timers) in implied.sorted(by: { $0.key < $1.key }) {
      try compare(key, with: timers, at: position, on: connection, &findings)
    }
  }

  private func compare(
    _ key: String, with timers: Set<Timer>, at position: EntryID, on connection: any RedisLink,
    _ findings: inout Findings
  ) throws(RedisError) {
    var missing = timers
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
