import Layout
import Market

/// Settles every entry of the inlets with what Redis holds.
struct EntryAccount {
  private(set) var differences: [String] = []

  init(_ entries: [Diary.Entry], _ ledger: Ledger) {
    var written: [Ledger.Place: Diary.Entry] = [:]
    for entry in entries {
      guard let position = entry.position else { continue }
      written[Ledger.Place(stream: Key.inlet(entry.inlet), position: position)] = entry
    }
    for (worker, kept) in ledger.inlets {
      let inlet = Key.inlet(worker)
      for (position, commandid) in kept {
        let place = Ledger.Place(stream: inlet, position: position)
        settle(place, commandid, written.removeValue(forKey: place), ledger)
      }
    }
    for place in written.keys {
      differences.append("\(place.stream) \(place.position): Redis took the entry, but it is not there.")
    }
  }

  /// One outcome or one dead letter, whether Redis had time to answer the writer or not.
  private mutating func settle(
    _ place: Ledger.Place, _ commandid: String, _ entry: Diary.Entry?, _ ledger: Ledger
  ) {
    let outcomes = ledger.endings[commandid]?.count ?? 0
    let letters = (ledger.letters[place] ?? []) + ledger.letters(of: commandid)
    let what = "\(place.stream) \(place.position), \(entry?.kind ?? "unanswered")"
    if letters.count + outcomes != 1 {
      differences.append("\(what): it has \(outcomes) outcomes and the dead letters \(letters).")
    }
    guard let entry else { return }
    // That an id is not known, or means something else, only the door can tell.
    let isAtFault = letters.contains { !["unknownId", "idTaken"].contains($0) }
    if entry.flaw == nil && isAtFault { differences.append("\(what): it was put aside: \(letters).") }
    if let flaw = entry.flaw, !isAtFault {
      differences.append("\(what): it was taken in spite of “\(flaw)”.")
    }
  }
}
