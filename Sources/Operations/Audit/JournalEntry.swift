import Market

/// An event and its position on the journal.
struct JournalEntry {
  let event: Event
  let position: EntryID
}

extension Event {
  var isRefusal: Bool {
    if case .rejected = fact { true } else { false }
  }
}
