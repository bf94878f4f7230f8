import Lanes
import Layout
import Market

/// First come, first served: from the inlet to the shard, from the call to the shard, from there to the journal.
struct OrderAccount {
  private(set) var differences: [String] = []

  init(_ calls: [Diary.Call], _ ledger: Ledger) {
    compareReservations(ledger)
    for (worker, entries) in ledger.inlets { compareInlet(worker, entries, ledger) }
    compareCalls(calls, ledger)
  }

  /// Reservations are completed in the order in which they stand in the shard's stream.
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

  /// What an inlet gives to one shard comes there in the inlet's order.
  private mutating func compareInlet(
    _ worker: Worker, _ entries: [(position: EntryID, commandid: String)], _ ledger: Ledger
  ) {
    var latest: [String: EntryID] = [:]
    var seen: Set<String> = []
    for (position, commandid) in entries where seen.insert(commandid).inserted {
      guard let command = ledger.commands[commandid]?.first else { continue }
      if let before = latest[command.stream], command.position < before {
        differences.append(
          "\(Key.inlet(worker)) \(position): it came to \(command.stream) before entries that were written earlier."
        )
      }
      latest[command.stream] = max(command.position, latest[command.stream] ?? .zero)
    }
  }

  /// Who had an answer before another one asked was before the other.
  private mutating func compareCalls(_ calls: [Diary.Call], _ ledger: Ledger) {
    var made: [Int: [(position: EntryID, call: Diary.Call)]] = [:]
    for call in calls where call.wish.kind == .reserve && (call.answer.status == 201 || call.answer.isPending)
    {
      guard let id = call.key ?? call.answer.commandid ?? ledger.commandid(ofReserve: call.answer.id),
        let command = ledger.commands[id]?.first
      else { continue }
      made[call.wish.productid, default: []].append((command.position, call))
    }
    for (product, made) in made {
      // A copy of a request that came later says nothing of when the first one came.
      var (first, keys): (_, Set<String>) = ([(position: EntryID, call: Diary.Call)](), [])
      for one in made.sorted(by: { $0.call.began < $1.call.began }) {
        if one.call.key.map({ keys.insert($0).inserted }) ?? true { first.append(one) }
      }
      first.sort { $0.position < $1.position }
      var latest: ContinuousClock.Instant?
      for one in first {
        if let latest, one.call.ended < latest {
          differences.append(
            "product \(product): \(one.call.wish.trace) had its answer before others asked that stand before it."
          )
        }
        latest = max(latest ?? one.call.began, one.call.began)
      }
    }
  }
}
