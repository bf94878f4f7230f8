import Keys
import Market

/// Checks every entry of the inlets against what Redis holds.
struct EntryAccount {
  private(set) var differences: [String] = []
  /// How many entries were removed before they were read, and so had no effect, by inlet.
  private(set) var lost: [String: Int] = [:]
  /// Entries that are gone, or have no outcome, which a killed master explains.
  private(set) var excused: Set<String> = []
  private let losses: Losses

  init(_ entries: [Diary.Entry], _ ledger: Ledger, _ losses: Losses) {
    self.losses = losses
    var written: [Ledger.Place: Diary.Entry] = [:]
    for entry in entries {
      guard let position = entry.position else { continue }
      written[Ledger.Place(stream: Key.inlet(entry.inlet), position: position)] = entry
    }
    for (worker, kept) in ledger.inlets {
      let inlet = Key.inlet(worker)
      let contents = Dictionary(grouping: kept, by: \.commandid).mapValues { Set($0.map(\.content)).count }
      for request in kept {
        let place = Ledger.Place(stream: inlet, position: request.position)
        let entry = written.removeValue(forKey: place)
        if contents[request.commandid] ?? 0 < 2 { settle(place, worker, request, entry, ledger) }
      }
      for (commandid, count) in contents where count > 1 && !commandid.isEmpty {
        settleForged(commandid, count, kept.filter { $0.commandid == commandid }, worker, ledger)
      }
    }
    for (place, entry) in written {
      miss(
        "\(place.stream) \(place.position): Redis took the entry, but it is not there.", place.position,
        in: entry.inlet, productid: entry.productid)
    }
  }

  /// Records that an entry or what came of it is gone.
  private mutating func miss(
    _ message: String, _ position: EntryID, in inlet: DecidingWorker, productid: Int?
  ) {
    if losses.concern(position, in: inlet, productid: productid) {
      excused.insert("\(inlet) \(position)")
    } else {
      differences.append(message)
    }
  }

  /// Checks for one outcome or one dead letter, whether or not Redis had time to answer the writer.
  private mutating func settle(
    _ place: Ledger.Place, _ inlet: DecidingWorker, _ request: Ledger.Request, _ entry: Diary.Entry?,
    _ ledger: Ledger
  ) {
    let commandid = request.commandid
    let outcomes = ledger.endings[commandid]?.count ?? 0
    let letters = (ledger.letters[place] ?? []) + ledger.letters(of: commandid)
    let what = "\(place.stream) \(place.position), \(entry?.kind ?? "unanswered")"
    if request.isUnread && letters.isEmpty && outcomes == 0 {
      lost[place.stream, default: 0] += 1
      return
    }
    if letters.isEmpty && outcomes == 0 {
      miss("\(what): nothing has come of it.", place.position, in: inlet, productid: entry?.productid)
    } else if letters.count + outcomes != 1 {
      differences.append("\(what): it has \(outcomes) outcomes and the dead letters \(letters).")
    }
    guard let entry else { return }
    // Only the door can tell whether an id is unknown, or belongs to something else.
    let isAtFault = letters.contains { !["unknownId", "idTaken"].contains($0) }
    if entry.flaw == nil && isAtFault { differences.append("\(what): it was put aside: \(letters).") }
    if let flaw = entry.flaw, !isAtFault {
      differences.append("\(what): it was taken in spite of “\(flaw)”.")
    }
  }

  /// Checks several commands under one id: one of them is carried out, the others are refused.
  private mutating func settleForged(
    _ commandid: String, _ contents: Int, _ requests: [Ledger.Request], _ worker: DecidingWorker,
    _ ledger: Ledger
  ) {
    let outcomes = ledger.endings[commandid]?.count ?? 0
    let putAside = requests.flatMap {
      ledger.letters[Ledger.Place(stream: Key.inlet(worker), position: $0.position)] ?? []
    }
    let letters = putAside + ledger.letters(of: commandid)
    let refused = ledger.reused[commandid] ?? 0
    let message =
      "\(commandid) names \(contents) commands: \(outcomes) were carried out, \(refused) refused, and the dead letters are \(letters)."
    if outcomes > 1 {
      differences.append(message)
    } else if outcomes + refused + letters.count < contents && !requests.contains(where: \.isUnread) {
      let lost = requests.first { losses.concern($0.position, in: worker, productid: nil) }
      miss(message, (lost ?? requests[0]).position, in: worker, productid: nil)
    }
  }
}
