import Keys
import Lanes
import Market
import Redis

/// Hands an event back to the lane that put it aside.
///
/// An event's place in the order is gone by then. What makes it safe nevertheless: a deal waits for the answer that
/// its event would have brought, so nothing that depends on it has happened; and what was told anew since then is
/// taken as it was told last.
struct EventReplay {
  /// What the lane is to hear.
  enum Remedy: Equatable {
    case observe(Event)
    /// Nothing any more, and why.
    case nothing(String)
  }

  /// - Parameter later: the events of the same product that stand behind it on the journal.
  static func remedy(for event: Event, to worker: DecidingWorker, after later: [JournalEntry]) -> Remedy {
    guard worker.listensTo.contains(event.type) else {
      return .nothing("The \(worker.rawValue) worker does not listen to \(event.type).")
    }
    switch (worker, event.fact) {
    case (.reservation, .deal(let step, let deal)):
      // A refused cancel is the last that is said of a deal; of the others each makes the ones before it void.
      let newer = later.last {
        guard case .deal(let other, let told) = $0.event.fact else { return false }
        return told.reserveid == deal.reserveid && other.worker == .trade && other.standing != nil
      }
      guard step.standing != nil, let newer else { return .observe(event) }
      return .nothing("\(newer.event.type) at \(newer.position) has taken its place.")
    case (.trade, .stock):
      guard let newer = later.last(where: { $0.event.level != nil }) else { return .observe(event) }
      return .nothing("\(newer.event.type) at \(newer.position) tells how much there is by now.")
    case (.trade, .hold(let step, let deal, let level)):
      // What stock did for the deal still counts, but how much there is has been told again.
      return .observe(
        Event(.hold(step, deal, later.compactMap(\.event.level).last ?? level), caller: event.caller))
    case (.trade, .deal), (.stock, .deal): return .observe(event)
    case (.reservation, _), (.trade, _), (.stock, _): return .nothing("It concerns nobody there.")
    }
  }

  /// Appends the entry and takes the letter away, or does nothing: the letter is there, and nothing was said since.
  ///
  /// `KEYS` the letters, the commands, the journal; `ARGV` the letter, the journal's last entry, the new entry. The
  /// letter goes last: should there be no memory for the entry, it is still there.
  static let script = Script(
    """
    if #redis.call('XRANGE',KEYS[1],ARGV[1],ARGV[1])==0 then return 'gone' end
    local last=redis.call('XREVRANGE',KEYS[3],'+','-','COUNT',1)[1]
    if last and last[1]~=ARGV[2] then return 'moved' end
    redis.call('XADD',KEYS[2],'*',unpack(ARGV,3))
    redis.call('XDEL',KEYS[1],ARGV[1])
    return 'sent'
    """)
}

extension DecidingWorker {
  fileprivate var listensTo: Set<String> {
    switch self {
    case .reservation: ReservationDecider.listensTo
    case .trade: TradeDecider.listensTo
    case .stock: StockDecider.listensTo
    }
  }
}

extension DealStep {
  /// What a reservation stands at once it has heard this; nil where that changes nothing of it.
  fileprivate var standing: Status? { self == .tradeCanceled ? .canceled : status }
}

extension Event {
  /// How much there is of the product, as stock tells with it; nil where it does not.
  fileprivate var level: StockLevel? {
    switch fact {
    case .stock(.stockWithdrawn, let level): .unregistered(level.productid)
    case .stock(_, let level), .hold(_, _, let level): level
    case .deal, .listing, .rejected: nil
    }
  }
}
