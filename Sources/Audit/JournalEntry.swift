import Market

/// An event and its place on the journal.
struct JournalEntry {
  let event: Event
  let position: EntryID
}

extension Event {
  /// The worker that says it.
  var author: Worker {
    switch fact {
    case .deal(let step, _): step.worker
    case .hold, .stock: .stock
    case .listing: .trade
    case .rejected(let rejection): rejection.kind.worker
    }
  }

  var isRefusal: Bool {
    if case .rejected = fact { true } else { false }
  }
}
