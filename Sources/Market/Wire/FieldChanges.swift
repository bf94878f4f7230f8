/// What makes fields of others: those to write, and the names of those to take away.
package struct FieldChanges: Equatable, Sendable {
  package var written = Fields()
  package var removed: [String] = []

  package init() {}

  package init(from old: Fields, to new: Fields) {
    written = old.isEmpty ? new : Fields(new.pairs.filter { old[$0.name] != $0.value })
    removed = old.pairs.map(\.name).filter { new[$0] == nil }
  }
}
