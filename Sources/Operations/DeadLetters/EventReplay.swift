import Keys
import Lanes
import Market
import Redis

/// Hands an event back to the lane that put it aside.
///
/// The event comes late, after events that followed it. That is safe for two reasons: a deal waits for the
/// answer that its event would have brought, so nothing that depends on it has happened; and for what newer
/// events have stated again, the newest statement counts.
struct EventReplay {
  /// What the lane should observe.
  enum Remedy: Equatable {
    case observe(Event)
    /// Nothing, for this reason.
    case nothing(String)
  }

  /// Returns what the lane should observe in place of the event.
  ///
  /// - Parameter later: the events of the same product that follow it on the journal.
  static func remedy(for event: Event, to worker: DecidingWorker, after later: [JournalEntry]) -> Remedy {
    guard worker.listensTo.contains(event.type) else {
      return .nothing("The \(worker.rawValue) worker does not listen to \(event.type).")
    }
    switch (worker, event.fact) {
    case (.reservation, .deal(let step, let deal)):
      // A refused cancel is the last event of a deal; each of the others supersedes the ones before it.
      func last(where isMeant: (DealStep) -> Bool) -> JournalEntry? {
        later.last {
          guard case .deal(let other, let told) = $0.event.fact else { return false }
          return told.reserveid == deal.reserveid && other.worker == .trade && isMeant(other)
        }
      }
      if let newer = last(where: step.isSuperseded) {
        return .nothing("\(newer.event.type) at \(newer.position) has superseded it.")
      }
      // It still tells where the deal stands, but with the newest times.
      var told = deal
      if let course = last(where: { $0 == .tradeRescheduled })?.event.deal?.course { told.course = course }
      return .observe(Event(.deal(step, told), caller: event.caller, asker: event.asker))
    case (.trade, .stock):
      guard let newer = later.last(where: { $0.event.level != nil }) else { return .observe(event) }
      return .nothing("\(newer.event.type) at \(newer.position) tells the newer stock level.")
    case (.trade, .hold(let step, let deal, let level)):
      // What the stock worker did for the deal still counts, but with the newest stock level.
      return .observe(
        Event(.hold(step, deal, later.compactMap(\.event.level).last ?? level), caller: event.caller))
    case (.stock, .listing):
      let newer = later.last { $0.event.type == event.type }
      return newer.map { .nothing("\($0.event.type) at \($0.position) has superseded it.") }
        ?? .observe(event)
    case (.trade, .deal), (.stock, .deal): return .observe(event)
    case (.reservation, _), (.trade, _), (.stock, _): return .nothing("That worker does not use it.")
    }
  }

  /// Appends the entry and removes the letter, if the letter still exists and the journal has no newer entry.
  ///
  /// `KEYS`: the letters, the commands, the journal. `ARGV`: the letter, the journal's last entry (empty if it does
  /// not matter), the new entry. The letter is removed last: if Redis has no memory for the entry, the letter is kept.
  static let script = Script(
    """
    if #redis.call('XRANGE',KEYS[1],ARGV[1],ARGV[1])==0 then return 'gone' end
    local last=redis.call('XREVRANGE',KEYS[3],'+','-','COUNT',1)[1]
    if ARGV[2]~='' and last and last[1]~=ARGV[2] then return 'moved' end
    redis.call('XADD',KEYS[2],'*',unpack(ARGV,3))
    redis.call('XDEL',KEYS[1],ARGV[1])
    return 'sent'
    """)
}

extension DealStep {
  /// Whether a later step of the same deal tells the reservation all that this one tells.
  fileprivate func isSuperseded(by other: DealStep) -> Bool {
    switch self {
    case .tradeRescheduled: other.standing != nil || other == .tradeRescheduled
    case .tradeNext, .tradeTermsChanged: other.isNaming
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .reserveArchived, .reserveForgotten, .tradeStarted, .tradeWaiting, .tradeRejected, .handoverRequested,
      .tradeCompleted, .tradeCanceled,
      .cancelRefused, .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeReminded, .codeRefused:
      standing != nil && other.standing != nil
    }
  }

  /// What the reservation stands at because of this step; nil if the step does not change it.
  fileprivate var standing: Status? {
    switch self {
    // The event that says so is the reservation's own, and follows it.
    case .tradeCanceled: .canceled
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .reserveArchived, .reserveForgotten, .tradeStarted, .tradeWaiting, .tradeRejected, .handoverRequested,
      .tradeCompleted, .cancelRefused,
      .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeReminded, .tradeRescheduled, .tradeNext,
      .tradeTermsChanged, .codeRefused:
      status
    }
  }
}

extension Event {
  /// The product's stock level, if the event states it.
  fileprivate var level: StockLevel? {
    switch fact {
    case .stock(let step, let level) where step.ends: .unregistered(level.productid)
    case .stock(_, let level), .hold(_, _, let level): level
    case .deal, .listing, .rejected: nil
    }
  }
}
