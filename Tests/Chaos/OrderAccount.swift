import Doors
import Keys
import Lanes
import Market

/// Checks that order is kept from the inlet or the call to the shard, and from there to the journal.
struct OrderAccount {
  private(set) var differences: [String] = []
  private let losses: Losses

  init(_ calls: [Diary.Call], _ ledger: Ledger, _ losses: Losses) {
    self.losses = losses
    compareReservations(ledger)
    for (worker, entries) in ledger.inlets { compareInlet(worker, entries, ledger) }
    compareCalls(calls, ledger)
  }

  /// Checks that reservations are completed in the order of the shard's stream.
  private mutating func compareReservations(_ ledger: Ledger) {
    for (shard, reserved) in ledger.reserved {
      let arrived = (ledger.arrivals[Key.commands(.reservation, in: shard)] ?? []).filter { command in
        guard command.fields["type"] == CommandKind.reserve.rawValue, let id = command.fields["commandid"],
          let ending = ledger.endings[id]?.first
        else { return false }
        return ending.refusal == nil
      }
      let ids = arrived.map(\.id)
      guard ids != reserved else { continue }
      let place =
        zip(ids, reserved).enumerated().first { $1.0 != $1.1 }?.offset ?? min(ids.count, reserved.count)
      differences.append(
        "\(shard.tag): \(ids.count) reservations came, \(reserved.count) were completed; in place \(place) not the same."
      )
    }
  }

  /// Checks that entries of an inlet arrive at each shard in the inlet's order.
  private mutating func compareInlet(
    _ worker: DecidingWorker, _ entries: [Ledger.Request], _ ledger: Ledger
  ) {
    var latest: [String: EntryID] = [:]
    var seen: Set<String> = []
    for entry in entries where seen.insert(entry.commandid).inserted {
      let (position, commandid) = (entry.position, entry.commandid)
      guard let command = ledger.commands[commandid]?.first else { continue }
      // A copy that came later can have taken the place of a command that was lost.
      if losses.concern(position, in: worker, productid: command.productid) { continue }
      if let before = latest[command.stream], command.position < before {
        differences.append(
          "\(Key.inlet(worker)) \(position): it came to \(command.stream) before entries that were written earlier."
        )
      }
      // What an entry names can be unknown at a first try, and known at the next one, after a commit that failed. Entries
      // behind it have come to the shard by the first.
      if let made = ledger.firstMaker(ofWhat: command), made > position { continue }
      latest[command.stream] = max(command.position, latest[command.stream] ?? .zero)
    }
  }

  /// A request with all its copies: the earliest and the latest time at which it entered the shard's stream.
  private struct Span {
    let position: EntryID
    var began: ContinuousClock.Instant
    var answered: ContinuousClock.Instant?
    let trace: String

    mutating func take(_ call: Diary.Call) {
      began = min(began, call.began)
      if call.answer.status == 201 || call.answer.isPending {
        answered = min(answered ?? call.ended, call.ended)
      }
    }
  }

  /// Checks that a call that was answered before another one was sent comes first.
  private mutating func compareCalls(_ calls: [Diary.Call], _ ledger: Ledger) {
    var spans: [Int: [String: Span]] = [:]
    var lost: Set<String> = []
    for call in calls where call.wish.kind == .reserve {
      guard
        let id = call.key.map(CommandName.key) ?? call.answer.commandid
          ?? ledger.commandid(ofReserve: call.answer.id),
        let position = ledger.commands[id]?.first?.position
      else { continue }
      // A copy that came after a loss stands where the loss was.
      if losses.concern(call) { lost.insert(id) }
      let span = Span(position: position, began: call.began, trace: call.wish.trace)
      spans[call.wish.productid, default: [:]][id, default: span].take(call)
    }
    for (product, spans) in spans {
      var latest: (began: ContinuousClock.Instant, trace: String)?
      let kept = spans.filter { !lost.contains($0.key) }.values
      for span in kept.sorted(by: { $0.position < $1.position }) {
        if let latest, let answered = span.answered, answered < latest.began {
          differences.append(
            "product \(product): \(span.trace) had its answer before \(latest.trace) was asked, but stands after it."
          )
        }
        if latest.map({ $0.began < span.began }) ?? true { latest = (span.began, span.trace) }
      }
    }
  }
}
